// Where two processes meet before and after every round. Spins: a wake-up would cost more than what is measured.
// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

#include "harness/cpu.hpp"

namespace ringmain::bench {

class Barrier {
 public:
  explicit Barrier(std::uint32_t parties = 2) noexcept : parties_(parties) {}

  void wait() noexcept {
    // acquire: what the others did before they came; the turn itself moves only when everyone is here.
    const std::uint32_t turn = turn_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
      // relaxed: the others wait for the turn, whose release publishes it.
      arrived_.store(0, std::memory_order_relaxed);
      turn_.store(turn + 1, std::memory_order_release);
      return;
    }
    for (std::uint32_t spins = 1; turn_.load(std::memory_order_acquire) == turn; ++spins) {
      pause();
      // Lets the other side run where both must share a core.
      if (spins % 4096 == 0) ::sched_yield();
    }
  }

 private:
  std::uint32_t parties_;
  alignas(128) std::atomic<std::uint32_t> arrived_{0};
  alignas(128) std::atomic<std::uint32_t> turn_{0};
};

}  // namespace ringmain::bench
