// The kernel's part in waiting: futex words shared between processes, and the barrier that the sleeper pays for.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace ringmain {

// Sleeps while the word holds `expected`, at most `timeout`. Every return is to be treated as spurious. Works on a
// read-only mapping.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::chrono::nanoseconds timeout) noexcept;

// Wakes all: one wake may be swallowed by a sleeper that is no longer interested.
void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept;

// This process lets others force a memory barrier on it. False: the kernel can't, so it has to fence for itself.
// A missing registration is silent: the other side's membarrier() succeeds and does nothing.
bool register_for_barriers() noexcept;

// A full memory barrier in every registered process, and here. False: the kernel can't.
bool barrier_everywhere() noexcept;

}  // namespace ringmain
