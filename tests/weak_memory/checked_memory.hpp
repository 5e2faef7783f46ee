// The memory of a model checker: every access that the shipped algorithm makes is one of the model's.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>

#include "weak_memory/model.hpp"

namespace ringmain::testing {

// As wide as the word that it stands for, so that all offsets are those of the shipped layout. Outside of a run, and where
// no party of a run writes, it is a plain word.
struct CheckedMemory {
  template <class T>
  class Atomic {
   public:
    Atomic() = default;
    constexpr explicit Atomic(T value) : value_(value) {}

    T load(std::memory_order order = std::memory_order_seq_cst, model::Site site = model::Site::here()) const noexcept {
      return model::running() ? static_cast<T>(model::load({this, value_}, order, site)) : value_;
    }
    void store(T value, std::memory_order order = std::memory_order_seq_cst,
               model::Site site = model::Site::here()) noexcept {
      if (!model::running() || !model::store({this, value_}, value, order, site)) value_ = value;
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order order,
                                 model::Site site = model::Site::here()) noexcept {
      return exchange(expected, desired, {false, order, failure_of(order)}, site);
    }
    bool compare_exchange_strong(T& expected, T desired, std::memory_order success, std::memory_order failure,
                                 model::Site site = model::Site::here()) noexcept {
      return exchange(expected, desired, {false, success, failure}, site);
    }
    bool compare_exchange_weak(T& expected, T desired, std::memory_order order,
                               model::Site site = model::Site::here()) noexcept {
      return exchange(expected, desired, {true, order, failure_of(order)}, site);
    }

   private:
    static constexpr std::memory_order failure_of(std::memory_order order) {
      if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
      return order == std::memory_order_release ? std::memory_order_relaxed : order;
    }
    bool exchange(T& expected, T desired, model::Exchange how, model::Site site) noexcept {
      if (!model::running()) {
        const bool equal = value_ == expected;
        (equal ? value_ : expected) = equal ? desired : value_;
        return equal;
      }
      std::uint64_t found = expected;
      const bool equal = model::exchange({this, value_}, found, desired, how, site);
      expected = static_cast<T>(found);
      return equal;
    }

    T value_;
  };
  static_assert(sizeof(Atomic<std::uint64_t>) == 8 && sizeof(Atomic<std::uint32_t>) == 4);

  static void full_fence(model::Site site = model::Site::here()) noexcept { fence(std::memory_order_seq_cst, site); }
  static void acquire_fence(model::Site site = model::Site::here()) noexcept { fence(std::memory_order_acquire, site); }
  static void release_fence(model::Site site = model::Site::here()) noexcept { fence(std::memory_order_release, site); }

  // The model keeps each party's own order anyway; without this barrier stores may sink (model::Mutation::sinking).
  static void compiler_barrier() noexcept {}
  static void pause() noexcept {}
  static void prefetch_for_write(const void*) noexcept {}

 private:
  static void fence(std::memory_order order, model::Site site) noexcept {
    if (model::running()) model::fence(order, site);
  }
};

// Payload, as the user reads and writes it: not atomic.
inline std::uint64_t read_payload(const std::byte* at) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, sizeof value);
  return model::running() ? model::read({at, value}) : value;
}
inline void write_payload(std::byte* at, std::uint64_t value) {
  if (!model::running()) {
    std::memcpy(at, &value, sizeof value);
  } else {
    std::uint64_t before = 0;
    std::memcpy(&before, at, sizeof before);
    model::write({at, before}, value);
  }
}

}  // namespace ringmain::testing
