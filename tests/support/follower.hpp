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

// How often each of the last messages of a stream came to the members of a group: without a mark, and marked as
// redelivered. It remembers `window` messages: more than a ring holds, so that who is that far ahead proves that an older
// message that never came is lost.
class Tally {
 public:
  explicit Tally(std::uint64_t window) : window_(window) {}

  void add(std::uint64_t number, bool redelivered) const {
    std::atomic<std::uint64_t>& entry = entries_[number % window_];
    std::uint64_t seen = entry.load();
    for (;;) {
      const bool again = number_in(seen) == number;
      const bool in_turn = number_in(seen) + window_ == number || (seen == 0 && number < window_);
      const std::string which = "message " + std::to_string(number);
      require(again || in_turn, which + " came to a group that missed an older one");
      require(!again || redelivered, which + " came to the group twice, and isn't marked");
      const std::uint64_t counts = (again ? seen & kCounts : 0) + (redelivered ? kAgain : kPlain);
      if (entry.compare_exchange_weak(seen, (number + 1) << kShift | counts)) return;
    }
  }
  bool came(std::uint64_t number) const { return number_in(entry_of(number)) == number; }
  bool came_again(std::uint64_t number) const { return came(number) && (entry_of(number) & kCounts) >= kAgain; }
  std::uint64_t window() const { return window_; }

 private:
  static constexpr unsigned kShift = 8;  // an entry: number + 1, how often it came again, how often it came unmarked
  static constexpr std::uint64_t kPlain = 1;
  static constexpr std::uint64_t kAgain = 16;
  static constexpr std::uint64_t kCounts = 255;

  static std::uint64_t number_in(std::uint64_t entry) { return (entry >> kShift) - 1; }
  std::uint64_t entry_of(std::uint64_t number) const { return entries_[number % window_].load(); }

  std::uint64_t window_;
  Shared<std::atomic<std::uint64_t>> entries_{window_};
};

// What it gets, but for the first message, is the next one; on a ring where some are lost, the next but those that it is
// told of. A member of a group that others share gets its messages in order, and tells which. What isn't so is thrown.
class Follower {
 public:
  enum class Group { kOwn, kShared };

  Follower(ringmain::Consumer consumer, const Stream& stream, Group group = Group::kOwn, const Tally* tally = nullptr)
      : consumer_(std::move(consumer)), stream_(stream), group_(group), tally_(tally) {}

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
    if (shares()) {
      require(message.redelivered() || !next_ || *number >= *next_, "came again to the same member");
      if (tally_ != nullptr) tally_->add(*number, message.redelivered());
    } else {
      const std::uint64_t expected = next_ ? *next_ + message.lost() : *number;
      require(*number == expected && !message.redelivered(),
              "message " + std::to_string(*number) + " instead of " + std::to_string(expected));
    }
    if (message.redelivered()) {
      ++redelivered_;
    } else {
      next_ = *number + 1;
    }
    ++received_;
    return Status::kOk;
  }

  std::optional<std::uint64_t> next() const { return next_; }  // its number; nothing before the first
  std::uint64_t received() const { return received_; }
  std::uint64_t overwritten() const { return overwritten_; }  // borrowed, but not valid any more when they were used
  std::uint64_t redelivered() const { return redelivered_; }
  bool shares() const { return group_ == Group::kShared; }
  ringmain::Consumer& consumer() { return consumer_; }

 private:
  ringmain::Consumer consumer_;
  Stream stream_;
  Group group_;
  const Tally* tally_;
  std::optional<std::uint64_t> next_{};
  std::uint64_t received_ = 0;
  std::uint64_t overwritten_ = 0;
  std::uint64_t redelivered_ = 0;
};

}  // namespace ringmain::testing
