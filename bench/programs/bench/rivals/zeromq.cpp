// SPDX-License-Identifier: MIT
#include "carriers/zeromq.hpp"

#include "programs/bench/entrant.hpp"
#include "programs/bench/rivals.hpp"

namespace ringmain::bench {

std::unique_ptr<Contestant> enter_zeromq(const Task& task, const std::filesystem::path& directory) {
  return entrant<ZeroMq>("zeromq", task, directory);
}

}  // namespace ringmain::bench
