// A descriptor that becomes readable when a consumer may have something to receive: for epoll, asyncio, libuv.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

namespace ringmain {

// Made by Consumer::pollable(); used by one thread at a time, the one that uses the consumer, which must outlive it.
// The loop: receive until kEmpty; arm(); if that says true, wait for the descriptor, in whatever loop.
class Pollable {
 public:
  Pollable(Pollable&&) noexcept;
  Pollable& operator=(Pollable&&) noexcept;
  ~Pollable();

  // Readable (POLLIN) when there may be something to receive, and `period` after it was armed (a spectator: 1 ms): the
  // dead ring no bell. kForever: not then, for who learns of their deaths in another way. Nothing is to be read from it.
  // It stays the Pollable's: don't close it. It is an io_uring, which may end a call in which the thread that armed it
  // waits with EINTR just before it is readable: wait again. Before Linux 6.7, or where io_uring is forbidden, it is an
  // eventfd that a thread raises.
  int descriptor() const noexcept;

  // To be called when try_receive() has found nothing; doesn't block. False: there may be something by now, so receive
  // rather than wait.
  bool arm() noexcept;

 private:
  friend class Consumer;
  struct Watch;
  explicit Pollable(std::unique_ptr<Watch> watch) noexcept;
  std::unique_ptr<Watch> watch_;
};

}  // namespace ringmain
