// Two clocks: nanoseconds that every process agrees on, for rounds; and ticks, cheap enough for every single message.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace ringmain::bench {

inline std::uint64_t now_ns() noexcept {
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// Reads the time only after every earlier load has its value: rdtscp, not rdtsc.
inline std::uint64_t now_ticks() noexcept {
#if defined(__x86_64__)
  unsigned core = 0;
  return __rdtscp(&core);
#else
  return now_ns();
#endif
}

// What ticks are worth, measured once per process and inherited by its children.
struct TickScale {
  double ns_per_tick = 1;
  std::uint64_t own_cost = 0;  // ticks that two stamps with nothing between them are apart (median)
};
const TickScale& tick_scale();

}  // namespace ringmain::bench
