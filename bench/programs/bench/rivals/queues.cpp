// Message queues: the kernel's, and Boost's.
// SPDX-License-Identifier: MIT
#include "carriers/boost_message_queue.hpp"
#include "carriers/posix_queue.hpp"
#include "programs/bench/entrant.hpp"
#include "programs/bench/rivals.hpp"

namespace ringmain::bench {

std::unique_ptr<Contestant> enter_posix_queue(const Task& task, const std::filesystem::path& /*directory*/) {
  return entrant<PosixQueue>("mq", task, task.payload.bytes);
}

std::unique_ptr<Contestant> enter_boost_queue(const Task& task, const std::filesystem::path& /*directory*/) {
  return entrant<BoostMessageQueue>("boost-mq", task, task.payload.bytes);
}

}  // namespace ringmain::bench
