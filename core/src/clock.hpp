// Time: monotonic, in nanoseconds. No verdict on life or death ever depends on it.
// SPDX-License-Identifier: MIT
#pragma once

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "ringmain/segment.hpp"

namespace ringmain {

inline std::int64_t read_clock(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}
inline std::int64_t now_ns() noexcept { return read_clock(CLOCK_MONOTONIC); }

// A moment that comes, or never does.
class Deadline {
 public:
  explicit Deadline(std::chrono::nanoseconds timeout) noexcept {
    if (timeout.count() <= 0) {
      at_ = 0;  // long past: no clock is read for that
    } else if (timeout != kForever) {
      at_ = now_ns() + std::min(timeout.count(), kFar);
    }
  }
  bool never() const noexcept { return at_ == kNever; }
  bool passed() const noexcept { return at_ != kNever && now_ns() >= at_; }
  std::chrono::nanoseconds left(std::chrono::nanoseconds at_most) const noexcept {
    if (at_ == kNever || at_most.count() <= 0) return at_most;
    return std::clamp(std::chrono::nanoseconds(at_ - now_ns()), std::chrono::nanoseconds{0}, at_most);
  }

 private:
  static constexpr std::int64_t kNever = INT64_MAX;
  static constexpr std::int64_t kFar = std::int64_t{1} << 60;  // 36 years; lest the sum overflows
  std::int64_t at_ = kNever;
};

// True once in a period, at the first question after it has passed. By the exact clock: by the coarse one, who sleeps for
// one period would find himself a tick too early, and sleep another.
class Every {
 public:
  explicit Every(std::chrono::nanoseconds period) noexcept : period_(period.count()) {}
  bool due() noexcept {
    const std::int64_t now = now_ns();
    if (now < next_) return false;
    next_ = now + period_;
    return true;
  }
  void restart() noexcept { next_ = now_ns() + period_; }

 private:
  std::int64_t period_;
  std::int64_t next_ = 0;
};

}  // namespace ringmain
