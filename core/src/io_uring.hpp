// The smallest io_uring that can wait on futexes. Spoken to by system calls, since the library depends on the kernel
// alone.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "descriptor.hpp"
#include "futex.hpp"

struct io_uring_sqe;

namespace ringmain {

// Fills an entry of whatever io_uring with a wait that completes, once, when the word is woken, or at once (EAGAIN) if
// it doesn't hold what is expected. `user_data` is 0.
void describe_futex_wait(io_uring_sqe& entry, FutexWord word) noexcept;

class FutexUring {
 public:
  // Holds so many entries at a time. Null: the kernel has no io_uring, or none that waits on futexes (before 6.7), or
  // forbids it, or not for so many.
  static std::unique_ptr<FutexUring> open(std::size_t entries) noexcept;
  FutexUring(const FutexUring&) = delete;
  FutexUring& operator=(const FutexUring&) = delete;
  ~FutexUring();

  // Readable while there is something to take.
  int descriptor() const noexcept { return file_.get(); }

  // The kernel takes what is pushed at the next submit() or sleep(). Each completes once, with its ticket.
  void push_wait(FutexWord word, std::uint64_t ticket) noexcept;
  void push_timeout(std::chrono::nanoseconds timeout, std::uint64_t ticket) noexcept;  // one at a time

  // False: the kernel has no memory just now; what it didn't take stays pushed.
  [[nodiscard]] bool submit() noexcept { return enter(0, nullptr, 0); }
  // The same, then sleeps until something completes, at most `timeout`. False: it may not have slept.
  [[nodiscard]] bool sleep(std::chrono::nanoseconds timeout) noexcept;

  struct Completion {
    std::uint64_t ticket;
    std::int32_t result;  // minus errno
  };
  std::optional<Completion> take() noexcept;  // the oldest that was not taken yet

 private:
  FutexUring() noexcept = default;
  bool set_up(std::size_t entries) noexcept;
  bool understands_futexes() noexcept;
  bool enter(unsigned flags, const void* argument, std::size_t size) noexcept;
  io_uring_sqe& next_entry() noexcept;
  void tell_entry() noexcept;

  Descriptor file_;
  void* rings_ = nullptr;
  std::size_t rings_bytes_ = 0;
  io_uring_sqe* entries_ = nullptr;
  std::size_t entries_bytes_ = 0;
  std::uint32_t* submit_tail_ = nullptr;
  std::uint32_t submit_mask_ = 0;
  std::uint32_t* submit_array_ = nullptr;
  std::uint32_t* complete_head_ = nullptr;
  std::uint32_t* complete_tail_ = nullptr;
  std::uint32_t complete_mask_ = 0;
  void* completions_ = nullptr;
  std::uint32_t pending_ = 0;  // pushed, and not taken by the kernel yet
  struct Time {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    static Time of(std::chrono::nanoseconds time) noexcept {
      return {time.count() / 1'000'000'000, time.count() % 1'000'000'000};
    }
  };
  Time timeout_;  // of push_timeout(); the kernel reads it when it takes the entry
};

}  // namespace ringmain
