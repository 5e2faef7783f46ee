// No faster than asked for.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

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
      : per_message_ns_(rate.messages > 0 ? 1e9 / rate.messages : 0),
        per_byte_ns_(rate.bytes > 0 ? 1e9 / rate.bytes : 0) {}

  bool paces() const noexcept { return per_message_ns_ > 0 || per_byte_ns_ > 0; }

  // A message of `bytes` has left `now`: for how long the next one has to wait.
  std::chrono::nanoseconds after(std::size_t bytes, std::chrono::steady_clock::time_point now) noexcept {
    constexpr double kCatchUpNs = 50e6;
    if (start_ == std::chrono::steady_clock::time_point{}) start_ = now;
    const double now_ns = std::chrono::duration<double, std::nano>(now - start_).count();
    due_ns_ = std::max(due_ns_, now_ns - kCatchUpNs) + per_message_ns_ + per_byte_ns_ * static_cast<double>(bytes);
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::clamp(due_ns_ - now_ns, 0.0, 1e18)));
  }

 private:
  double per_message_ns_;
  double per_byte_ns_;
  double due_ns_ = 0;  // of the next message, since the start
  std::chrono::steady_clock::time_point start_{};
};

}  // namespace ringmain::transport
