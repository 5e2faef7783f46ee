// SPDX-License-Identifier: MIT
#include "futex.hpp"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>

#include "clock.hpp"

namespace ringmain {

namespace {

timespec to_timespec(std::int64_t nanoseconds) noexcept {
  timespec time{};
  time.tv_sec = nanoseconds / 1'000'000'000;
  time.tv_nsec = nanoseconds % 1'000'000'000;
  return time;
}

// The kernel's futex_waitv(2), by hand where its header is older.
struct Waiter {
  std::uint64_t expected;
  std::uint64_t address;
  std::uint32_t flags;
  std::uint32_t reserved;
};
constexpr long kFutexWaitv = 449;
constexpr std::uint32_t kFutex32 = 2;

}  // namespace

void futex_wait(FutexWord word, std::chrono::nanoseconds timeout) noexcept {
  const timespec limit = to_timespec(timeout.count());
  ::syscall(SYS_futex, word.word, FUTEX_WAIT, word.expected, &limit, nullptr, 0);
}

bool futex_wait_any(std::span<const FutexWord> words, std::chrono::nanoseconds timeout) noexcept {
  std::array<Waiter, kMaxFutexes> waiters{};
  const std::size_t count = std::min(words.size(), waiters.size());
  for (std::size_t i = 0; i < count; ++i) {
    waiters[i] = {words[i].expected, reinterpret_cast<std::uintptr_t>(words[i].word), kFutex32, 0};
  }
  const timespec until = to_timespec(now_ns() + timeout.count());
  if (::syscall(kFutexWaitv, waiters.data(), count, 0, &until, CLOCK_MONOTONIC) >= 0) return true;
  return errno == EAGAIN || errno == ETIMEDOUT || errno == EINTR;  // else it is missing, forbidden or out of memory
}

void futex_wake_all(const std::atomic<std::uint32_t>& word) noexcept {
  ::syscall(SYS_futex, &word, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

bool register_for_barriers() noexcept {
  // Once a process: inherited by fork, dropped by exec, and so are the statics.
  static const bool registered = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
  return registered;
}

bool barrier_everywhere() noexcept { return ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0; }

}  // namespace ringmain
