// The kernel's part in waiting: futex words shared between processes, and the barrier that the sleeper pays for.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace ringmain {

// A word, and what it held when we last looked.
struct FutexWord {
  const std::atomic<std::uint32_t>* word;
  std::uint32_t expected;
  bool unchanged() const noexcept { return word->load(std::memory_order_acquire) == expected; }
};

// Sleeps while the word holds what is expected, at most `timeout`. Every return is to be treated as spurious. Works on a
// read-only mapping.
void futex_wait(FutexWord word, std::chrono::nanoseconds timeout) noexcept;

// The same on several words, at most kMaxFutexes; wakes with the first. False: the kernel can't (before 5.16).
inline constexpr std::size_t kMaxFutexes = 128;
bool futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds timeout) noexcept;

// Wakes all: one wake may be swallowed by a sleeper that is no longer interested.
void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept;

// This process lets others force a memory barrier on it. False: the kernel can't, so it has to fence for itself.
// A missing registration is silent: the other side's membarrier() succeeds and does nothing.
bool register_for_barriers() noexcept;

// A full memory barrier in every registered process, and here. False: the kernel can't.
bool barrier_everywhere() noexcept;

}  // namespace ringmain
