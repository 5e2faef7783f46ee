// SPDX-License-Identifier: MIT
#include "carriers/posix_queue.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace ringmain::bench {

PosixQueue::PosixQueue(std::size_t bytes) : bytes_(bytes) {
  static unsigned count = 0;
  const std::string name = fmt::format("/ringmain-bench-{}-{}", ::getpid(), count++);
  // Fewer messages if ten of them are above the limit on all of a user's queues.
  for (const long depth : {10, 4, 1}) {
    mq_attr attributes{};
    attributes.mq_maxmsg = depth;
    attributes.mq_msgsize = static_cast<long>(bytes);
    queue_ = Descriptor(::mq_open(name.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600, &attributes));
    if (queue_.get() < 0) continue;
    ::mq_unlink(name.c_str());  // the children inherit it; nothing is left behind
    return;
  }
  const int error = errno;
  if (error == EINVAL || error == EMFILE) {
    throw std::runtime_error(
        fmt::format("queues of messages of {} bytes are above this system's limits "
                    "(fs.mqueue.msgsize_max, ulimit -q)",
                    bytes));
  }
  throw std::system_error(error, std::generic_category(), "mq_open");
}

}  // namespace ringmain::bench
