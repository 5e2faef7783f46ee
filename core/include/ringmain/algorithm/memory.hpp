// The memory that the algorithm runs on: its atomics and every fence of the project. Another type with the same members
// (a model checker's, a counting one) may stand in for NativeMemory in every template of this folder.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>

namespace ringmain::algorithm {

struct NativeMemory {
  template <class T>
  using Atomic = std::atomic<T>;

  // StoreLoad too. A locked instruction on the own stack: a quarter of the time of mfence.
  static void full_fence() noexcept {
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
    __asm__ __volatile__("lock; orl $0, -64(%%rsp)" ::: "memory", "cc");
#else
    std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
  }
  static void acquire_fence() noexcept { std::atomic_thread_fence(std::memory_order_acquire); }
  static void release_fence() noexcept { std::atomic_thread_fence(std::memory_order_release); }

  // Stands where the other side pays for the StoreLoad barrier, by membarrier().
  static void compiler_barrier() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

  // In a spin loop. Without it the loop's loads run ahead and are thrown away when the line changes, which costs a third
  // of a round trip.
  static void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb");
#endif
  }

  // Asks for a line in order to write it. The builtin asks for a shared copy on baseline x86-64.
  static void prefetch_for_write(const void* line) noexcept {
#if defined(__x86_64__)
    __asm__ __volatile__("prefetchw %0" ::"m"(*static_cast<const char*>(line)));
#else
    __builtin_prefetch(line, 1);
#endif
  }
};

}  // namespace ringmain::algorithm
