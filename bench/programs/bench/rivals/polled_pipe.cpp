// SPDX-License-Identifier: MIT
#include "carriers/polled_pipe.hpp"

#include "programs/bench/entrant.hpp"
#include "programs/bench/rivals.hpp"

namespace ringmain::bench {

std::unique_ptr<Contestant> enter_polled_pipe(const Task& task, const std::filesystem::path& /*directory*/) {
  return entrant<PolledPipe>("pipe-polled", task);
}

}  // namespace ringmain::bench
