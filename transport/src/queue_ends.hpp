// The two ends of a queue that both open by its name: locks on it tell each whether the other lives.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "clock.hpp"
#include "descriptor.hpp"
#include "lease.hpp"

namespace ringmain::transport {

inline constexpr off_t kReceiverByte = 0;
inline constexpr off_t kSenderByte = 1;
inline constexpr std::chrono::milliseconds kLookPeriod{50};  // how often the other end's lease is looked at

// Opens it when somebody receives there. `open` gives an empty one, and errno, where there is none. Throws kNotFound.
Descriptor open_when_received(const std::function<Descriptor()>& open, const Deadline& deadline,
                              const std::string& name);

[[noreturn]] void fail_received(const std::string& name);    // kAddressInUse: there is another receiver
[[noreturn]] void fail_sent(const std::string& name);        // kAddressInUse: there is another sender
[[noreturn]] void fail_unreceived(const std::string& name);  // kConsumerLost

// Notices that the sender of a queue is gone. Its lease is asked about only when nothing came.
class SenderWatch {
 public:
  // What attempt(at_most) receives: a size, or nothing in that time. 0: the sender is gone, and nothing is left. Nothing:
  // none came until the deadline.
  template <class Attempt>
  std::optional<std::size_t> receive(int queue, const Deadline& deadline, const Attempt& attempt) {
    for (bool alone = false;;) {
      if (const auto got = attempt(alone ? std::chrono::nanoseconds{0} : deadline.left(kLookPeriod))) {
        joined_ = true;
        return got;
      }
      if (alone) return 0;  // it was gone before the last look
      const bool there = leased(queue, kSenderByte);
      alone = joined_ && !there;
      joined_ = joined_ || there;
      if (!alone && deadline.passed()) return std::nullopt;
    }
  }

 private:
  bool joined_ = false;  // a sender was there
};

}  // namespace ringmain::transport
