// SPDX-License-Identifier: MIT
#include "sockets.hpp"

#include <poll.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "fail.hpp"
#include "waiting.hpp"

namespace ringmain::transport {

Descriptor connect_to(Place& place, const Deadline& deadline) {
  constexpr std::chrono::milliseconds kPeriod{20};
  for (;;) {
    if (Descriptor connected = place.try_connect()) return connected;
    const int error = errno;
    const bool may_come = error == ENOENT || error == ECONNREFUSED || error == ETIMEDOUT || error == EHOSTUNREACH;
    const std::string why = place.name() + ": " + std::generic_category().message(error);
    if (!may_come) fail_system(place.name(), error);
    if (deadline.passed()) {
      fail(Status::kNotFound, why + "; nobody listens there: start the receiver first, or wait for it with ?wait=10s",
           error);
    }
    std::this_thread::sleep_for(deadline.left(kPeriod));
  }
}

Descriptor accept_from(int listener, const Deadline& deadline, const std::string& name) {
  for (;;) {
    if (Descriptor connected(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)); connected) return connected;
    switch (errno) {
      case EINTR:
      case ECONNABORTED: continue;
      case EAGAIN:
        if (!poll_until(listener, POLLIN, deadline)) return {};
        continue;
      default: fail_system(name + ": accept", errno);
    }
  }
}

}  // namespace ringmain::transport
