// A memory whose every access can be watched: tests interleave one party's steps with another's, and take the image that
// a crash would leave, without threads.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace ringmain::testing {

enum class Access { kLoad, kStore, kExchange, kFullFence };

struct HookedMemory {
  // Called before the access; `word` is what is accessed, null for a fence. What it does itself isn't hooked.
  using Hook = std::function<void(Access, const volatile void* word)>;

  static void tell(Access access, const volatile void* word) {
    if (!hook_ || telling_) return;
    telling_ = true;
    hook_(access, word);
    telling_ = false;
  }

  // Hooks while it lives.
  class Scope {
   public:
    explicit Scope(Hook hook) { hook_ = std::move(hook); }
    ~Scope() { hook_ = nullptr; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
  };

  template <class T>
  class Atomic {
   public:
    Atomic() = default;
    constexpr explicit Atomic(T value) : value_(value) {}

    T load(std::memory_order order = std::memory_order_seq_cst) const noexcept {
      tell(Access::kLoad, this);
      return value_.load(order);
    }
    void store(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
      tell(Access::kStore, this);
      value_.store(value, order);
    }
    T fetch_add(T value, std::memory_order order = std::memory_order_seq_cst) noexcept {
      tell(Access::kExchange, this);
      return value_.fetch_add(value, order);
    }
    template <class... Order>
    bool compare_exchange_strong(T& expected, T desired, Order... order) noexcept {
      tell(Access::kExchange, this);
      return value_.compare_exchange_strong(expected, desired, order...);
    }
    template <class... Order>
    bool compare_exchange_weak(T& expected, T desired, Order... order) noexcept {
      tell(Access::kExchange, this);
      return value_.compare_exchange_weak(expected, desired, order...);
    }

   private:
    std::atomic<T> value_;
  };

  static void full_fence() noexcept {
    tell(Access::kFullFence, nullptr);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  static void acquire_fence() noexcept {}
  static void release_fence() noexcept {}
  static void compiler_barrier() noexcept {}
  static void pause() noexcept {}
  static void prefetch_for_write(const void*) noexcept {}

 private:
  static inline Hook hook_;
  static inline bool telling_ = false;
};

// How many accesses `action` makes.
template <class Action>
int accesses_of(Action&& action) {
  int count = 0;
  const HookedMemory::Scope scope([&](Access, const volatile void*) { ++count; });
  action();
  return count;
}

// Runs `action` with `intrusion` before its `n`th access (counted from 0).
template <class Action, class Intrusion>
void intrude(int n, Action&& action, Intrusion&& intrusion) {
  int count = 0;
  const HookedMemory::Scope scope([&](Access, const volatile void*) {
    if (count++ == n) intrusion();
  });
  action();
}

// Runs `action` with `intrusion` before its first such access to `word`.
template <class Action, class Intrusion>
void intrude_at(Access access, const volatile void* word, Action&& action, Intrusion&& intrusion) {
  bool done = false;
  const HookedMemory::Scope scope([&](Access kind, const volatile void* where) {
    if (done || kind != access || where != word) return;
    done = true;
    intrusion();
  });
  action();
}

}  // namespace ringmain::testing
