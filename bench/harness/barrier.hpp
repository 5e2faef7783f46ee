// Where processes wait for each other.
// SPDX-License-Identifier: MIT
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

#include "harness/cpu.hpp"

namespace ringmain::bench {

// Closed at first; once open it stays so. Who waits sleeps until then, and makes no call in between that a tracer would
// have to follow.
class Gate {
 public:
  bool is_open() const noexcept { return open_.load(std::memory_order_acquire) != 0; }

  void open() noexcept {
    // release: pairs with the acquire in is_open(), for what was done before.
    open_.store(1, std::memory_order_release);
    ::syscall(SYS_futex, &open_, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }

  void wait() noexcept {
    while (!is_open()) ::syscall(SYS_futex, &open_, FUTEX_WAIT, 0, nullptr, nullptr, 0);
  }

 private:
  std::atomic<std::uint32_t> open_{0};
};

// Where all meet before and after every round. Spins for a while: a wake-up could cost more than what is measured. Then it
// sleeps, so that those who wait leave the cores to those who still work.
class Barrier {
 public:
  explicit Barrier(std::uint32_t parties = 2) noexcept : parties_(parties) {}

  void wait() noexcept {
    // acquire: what the others did before they came; the turn itself moves only when everyone is here.
    const std::uint32_t turn = turn_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
      // relaxed: the others wait for the turn, whose release publishes it.
      arrived_.store(0, std::memory_order_relaxed);
      // seq_cst, here and below: either a sleeper is seen here, or it sees the new turn.
      turn_.store(turn + 1, std::memory_order_seq_cst);
      if (sleepers_.load(std::memory_order_seq_cst) != 0) futex(FUTEX_WAKE, INT_MAX);
      return;
    }
    for (std::uint32_t spins = 0; turn_.load(std::memory_order_acquire) == turn; ++spins) {
      if (spins < kSpins) {
        pause();
        continue;
      }
      sleepers_.fetch_add(1, std::memory_order_seq_cst);
      futex(FUTEX_WAIT, turn);
      sleepers_.fetch_sub(1, std::memory_order_seq_cst);
    }
  }

 private:
  static constexpr std::uint32_t kSpins = 8192;

  void futex(int operation, std::uint32_t value) noexcept {
    ::syscall(SYS_futex, &turn_, operation, value, nullptr, nullptr, 0);
  }

  std::uint32_t parties_;
  alignas(128) std::atomic<std::uint32_t> arrived_{0};
  alignas(128) std::atomic<std::uint32_t> turn_{0};
  std::atomic<std::uint32_t> sleepers_{0};
};

}  // namespace ringmain::bench
