// Consumers that check every message they get.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "ringmain/consumer.hpp"
#include "support/child.hpp"
#include "support/self_checking.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {

// How often each message of a stream came to the members of a group: without a mark, and marked as redelivered.
class Tally {
 public:
  explicit Tally(std::uint64_t most) : most_(most) {}

  void add(std::uint64_t number, bool redelivered) const {
    require(number < most_, "more messages than this test can count");
    (redelivered ? again_ : plain_)[number].fetch_add(1, std::memory_order_relaxed);
  }
  bool came(std::uint64_t number) const { return plain_[number].load() + again_[number].load() != 0; }
  bool came_again(std::uint64_t number) const { return again_[number].load() != 0; }
  bool came_again_unmarked(std::uint64_t number) const { return plain_[number].load() > 1; }

 private:
  std::uint64_t most_;
  Shared<std::atomic<std::uint8_t>> plain_{most_};
  Shared<std::atomic<std::uint8_t>> again_{most_};
};

// What it gets, but for the first message, is the next one; on a ring where some are lost, the next but those that it is
// told of. A member of a group that others share (`tally`) gets them in order, and tells which. What isn't so is thrown.
class Follower {
 public:
  Follower(ringmain::Consumer consumer, const Stream& stream, const Tally* tally = nullptr)
      : consumer_(std::move(consumer)), stream_(stream), tally_(tally) {}

  // The next message, if it comes in time: kOk; else why there is none.
  Status receive_for(std::chrono::nanoseconds timeout) { return check(consumer_.receive_for(timeout)); }
  Status try_receive() { return check(consumer_.try_receive()); }

  // All that there is at this moment; what came instead of the next.
  Status catch_up() {
    for (;;) {
      if (const Status status = try_receive(); status != Status::kOk) return status;
    }
  }
  // All that comes; what came at last.
  Status follow() {
    for (;;) {
      if (const Status status = receive_for(kForever); status != Status::kOk) return status;
    }
  }

  // As the above do. Returns the message's status.
  Status check(const Message& message) {
    if (!message) return message.status();
    const auto number = stream_.number_of(message);
    if (consumer_.lossy() && !message.still_valid()) {
      if (next_) *next_ += message.lost() + 1;
      ++overwritten_;
      return Status::kOk;
    }
    require(number.has_value(), "torn, or no message of this stream, at " + std::to_string(message.position()));
    if (tally_ != nullptr) {
      require(message.redelivered() || !next_ || *number >= *next_, "came again to the same member");
      tally_->add(*number, message.redelivered());
      if (!message.redelivered()) next_ = *number + 1;
    } else {
      const std::uint64_t expected = next_ ? *next_ + message.lost() : *number;
      require(*number == expected && !message.redelivered(),
              "message " + std::to_string(*number) + " instead of " + std::to_string(expected));
      next_ = *number + 1;
    }
    ++received_;
    bytes_ += message.bytes().size();
    return Status::kOk;
  }

  std::optional<std::uint64_t> next() const { return next_; }  // its number; nothing before the first
  std::uint64_t received() const { return received_; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t overwritten() const { return overwritten_; }  // borrowed, but not valid any more when they were used
  ringmain::Consumer& consumer() { return consumer_; }

 private:
  ringmain::Consumer consumer_;
  Stream stream_;
  const Tally* tally_;
  std::optional<std::uint64_t> next_{};
  std::uint64_t received_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t overwritten_ = 0;
};

}  // namespace ringmain::testing
