// A descriptor that is readable as long as there is something to receive: for select, poll, asyncio and their like.
// SPDX-License-Identifier: MIT
#pragma once

#include "ringmain/consumer.hpp"

namespace ringmain::python {

class Readiness {
 public:
  // Throws ringmain::Error. `period`: as Consumer::pollable() has it.
  Readiness(ringmain::Consumer& consumer, std::chrono::nanoseconds period);
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;
  ~Readiness();

  int descriptor() const noexcept { return epoll_; }

  // To be called after each receive. `certain`: there is something, so nobody is to look.
  void refresh(bool certain) noexcept;

 private:
  void watch(int descriptor) const;
  void raise(bool up) noexcept;

  Pollable pollable_;
  int epoll_ = -1;  // readable when one of the others is
  int event_ = -1;  // when there is something already
  bool raised_ = false;
};

}  // namespace ringmain::python
