// The few instructions that C++ has no word for.
// SPDX-License-Identifier: MIT
#pragma once

namespace ringmain::bench {

// Tells the core that it spins. On x86 this also spares the machine clear that a spin loop without it pays when the
// line arrives at last: a third of a round trip.
inline void pause() noexcept {
#if defined(__x86_64__)
  asm volatile("pause" ::: "memory");
#elif defined(__aarch64__)
  asm volatile("yield" ::: "memory");
#endif
}

// Asks for a line in order to write it. By hand on x86: for the baseline, the builtin emits a prefetch for reading.
inline void prefetch_for_writing(const void* line) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" ::"m"(*static_cast<const char*>(line)));
#else
  __builtin_prefetch(line, 1);
#endif
}

inline void prefetch_for_reading(const void* line) noexcept { __builtin_prefetch(line, 0); }

}  // namespace ringmain::bench
