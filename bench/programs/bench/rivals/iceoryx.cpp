// SPDX-License-Identifier: MIT
#include "carriers/iceoryx.hpp"

#include "programs/bench/entrant.hpp"
#include "programs/bench/rivals.hpp"

namespace ringmain::bench {

std::unique_ptr<Contestant> enter_iceoryx(const Task& task, const std::filesystem::path& /*directory*/) {
  if (task.payload.bytes > Iceoryx::kLargest) throw NotHere("the daemon's default pools have no chunks of that size");
  start_iceoryx_daemon();
  return entrant<Iceoryx>("iceoryx", task, task.payload.bytes);
}

}  // namespace ringmain::bench
