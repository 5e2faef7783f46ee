// Waiting for a descriptor.
// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <cerrno>

#include "clock.hpp"

namespace ringmain::transport {

// False: nothing until the deadline. Errors of the descriptor count as events: the call that follows says more.
inline bool poll_until(int fd, short events, const Deadline& deadline) noexcept {
  for (;;) {
    pollfd waited{fd, events, 0};
    const auto left = deadline.left(kForever);
    const timespec timeout{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    const int ready = ::ppoll(&waited, 1, deadline.never() ? nullptr : &timeout, nullptr);
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace ringmain::transport
