// SPDX-License-Identifier: MIT
#include "queue_ends.hpp"

#include <cerrno>
#include <thread>

#include "fail.hpp"

namespace ringmain::transport {

Descriptor open_when_received(const std::function<Descriptor()>& open, const Deadline& deadline,
                              const std::string& name) {
  for (;;) {
    Descriptor queue = open();
    if (!queue && errno != ENOENT) fail_system(name, errno);
    if (queue && leased(queue.get(), kReceiverByte)) return queue;
    if (deadline.passed()) {
      fail(Status::kNotFound, name + ": nobody receives there; start the receiver first, or wait with ?wait=10s");
    }
    std::this_thread::sleep_for(deadline.left(std::chrono::milliseconds{20}));
  }
}

void fail_received(const std::string& name) {
  fail(Status::kAddressInUse, name + ": another process receives from this queue; end it, or use another name");
}

void fail_sent(const std::string& name) {
  fail(Status::kAddressInUse, name + ": another process sends to this queue; end it, or use another name");
}

void fail_unreceived(const std::string& name) {
  fail(Status::kConsumerLost, name + ": the receiver went without having received everything; send it again");
}

}  // namespace ringmain::transport
