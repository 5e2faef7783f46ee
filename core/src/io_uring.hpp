// The smallest io_uring that can watch a futex: its descriptor is readable when the bell has rung or time is up.
// Spoken to by system calls, since the library depends on the kernel alone.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "descriptor.hpp"
#include "futex.hpp"
#include "mapping.hpp"

struct io_uring_sqe;

namespace ringmain {

class FutexUring {
 public:
  // Null: the kernel has no io_uring, or none that waits on futexes (before 6.7), or forbids it.
  static std::unique_ptr<FutexUring> open() noexcept;
  FutexUring(const FutexUring&) = delete;
  FutexUring& operator=(const FutexUring&) = delete;
  ~FutexUring();

  int descriptor() const noexcept { return file_.get(); }

  // Becomes readable when the word changes and is woken, and at the latest after `timeout`. What is still armed is kept.
  // False: the kernel has no memory for it just now.
  [[nodiscard]] bool watch(FutexWord word, std::chrono::nanoseconds timeout) noexcept;

 private:
  FutexUring() noexcept = default;
  bool set_up() noexcept;
  bool understands_futexes() noexcept;
  bool drain() noexcept;  // true: something had completed
  void push_wait(FutexWord word) noexcept;
  void push_timeout() noexcept;
  io_uring_sqe& next_entry() noexcept;
  void tell_entry() noexcept;
  void submit() noexcept;

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
  std::int32_t last_result_ = 0;
  bool waiting_ = false;  // a futex wait is armed
  bool timing_ = false;   // a timeout is armed
  struct {
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
  } timeout_;
};

}  // namespace ringmain
