// No faster than asked for.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>

namespace ringmain::transport {

// At most so many a second, messages or bytes of payload; 0: as fast as it goes.
struct Rate {
  double messages = 0;
  double bytes = 0;
};

// Each message has a time to leave at. Who comes late catches up, by at most 50 ms: what was held up for longer doesn't
// leave in one burst.
class Pacer {
 public:
  explicit Pacer(Rate rate) noexcept
      : per_message_(rate.messages > 0 ? 1e9 / rate.messages : 0), per_byte_(rate.bytes > 0 ? 1e9 / rate.bytes : 0) {}

  bool paces() const noexcept { return per_message_ > 0 || per_byte_ > 0; }

  // A message of `bytes` has left `now`: for how long the next one has to wait.
  std::chrono::nanoseconds after(std::size_t bytes, std::chrono::steady_clock::time_point now) noexcept {
    constexpr std::chrono::milliseconds kCatchUp{50};
    due_ = due_ == std::chrono::steady_clock::time_point{} ? now : due_;
    if (due_ < now - kCatchUp) due_ = now - kCatchUp;
    due_ += std::chrono::nanoseconds(
        static_cast<std::chrono::nanoseconds::rep>(per_message_ + per_byte_ * static_cast<double>(bytes)));
    return due_ > now ? due_ - now : std::chrono::nanoseconds{0};
  }

 private:
  double per_message_;  // ns
  double per_byte_;
  std::chrono::steady_clock::time_point due_{};
};

}  // namespace ringmain::transport
