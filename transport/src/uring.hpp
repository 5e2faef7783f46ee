// One io_uring: set up, submitted to, waited for.
// SPDX-License-Identifier: MIT
#pragma once

#include <liburing.h>

#include <cstdint>
#include <optional>
#include <string>

#include "clock.hpp"

namespace ringmain::transport {

struct Completion {
  std::uint64_t tag;
  int result;
  unsigned flags;
};

class Uring {
 public:
  // `name` goes before error messages. Throws kUnsupported: there is no io_uring, it is forbidden, or too old.
  explicit Uring(std::string name);
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;
  ~Uring();

  // A submission to be filled in; its completion carries `tag`.
  io_uring_sqe& prepare(std::uint64_t tag);

  // Submits what was prepared, and waits for a completion. False: none until the deadline.
  bool wait(const Deadline& deadline);
  void submit();

  // The next completion, if there is one: without a system call, unless the kernel has work for this thread.
  std::optional<Completion> next();

  // Throws kLeaseLost in a forked child: submissions of both would mix.
  void check_owner() const;
  bool owned() const noexcept;

  int descriptor() const noexcept { return ring_.ring_fd; }
  io_uring* get() noexcept { return &ring_; }
  const std::string& name() const noexcept { return name_; }

 private:
  std::string name_;
  io_uring ring_{};
  std::uint64_t forks_;  // that led to the process that opened it
};

}  // namespace ringmain::transport
