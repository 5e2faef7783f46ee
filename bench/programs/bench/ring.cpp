// The ring as a contestant, through its C++ interface.
// SPDX-License-Identifier: MIT
#include "carriers/ring.hpp"

#include <algorithm>
#include <bit>

#include "programs/bench/carriers.hpp"
#include "programs/bench/entrant.hpp"

namespace ringmain::bench {

std::unique_ptr<Contestant> enter_ring(const Task& task, const std::filesystem::path& directory) {
  RingSetup setup{.directory = directory};
  setup.capacity = std::bit_ceil(std::max(setup.capacity, 4 * task.payload.bytes));
  if (task.work == Work::kSleepingRoundTrip) setup.spin = std::chrono::nanoseconds(0);
  return entrant<Ring>("ring", task, setup);
}

}  // namespace ringmain::bench
