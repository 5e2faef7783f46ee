// SPDX-License-Identifier: MIT
#include "sockets.hpp"

#include <poll.h>
#include <sys/time.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "descriptor_stream.hpp"
#include "fail.hpp"
#include "waiting.hpp"

namespace ringmain::transport {

namespace {

// Somebody may listen there yet, or the way there may come back.
bool may_come(int error) noexcept {
  switch (error) {
    case ENOENT:
    case ECONNREFUSED:
    case EAGAIN:       // he listens, but accepts nobody
    case EINPROGRESS:  // nobody answered
    case EINTR: return true;
    default: return connection_broke(error);
  }
}

}  // namespace

void fail_nobody(const Place& place, int error) {
  fail(Status::kNotFound,
       place.name() + ": " + std::generic_category().message(error) +
           "; nobody listens there: start the receiver first, or wait for it with ?wait=10s",
       error);
}

Descriptor connect_to(Place& place, const Deadline& deadline) {
  Descriptor connected = try_until(place, deadline);
  if (!connected) fail_nobody(place, errno);
  return connected;
}

Descriptor try_until(Place& place, const Deadline& deadline) {
  constexpr std::chrono::milliseconds kPeriod{20};
  for (;;) {
    if (Descriptor connected = place.try_connect()) return connected;
    const int error = errno;
    if (!may_come(error)) fail_system(place.name(), error);
    if (deadline.passed()) {
      errno = error;
      return {};
    }
    std::this_thread::sleep_for(deadline.left(kPeriod));
  }
}

int connect_soon(int socket, const sockaddr* address, socklen_t bytes) noexcept {
  const auto limit = [&](timeval span) { ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &span, sizeof span); };
  limit({1, 0});
  const int result = ::connect(socket, address, bytes);
  const int error = errno;
  limit({0, 0});
  errno = error;
  return result;
}

Descriptor accept_from(int listener, const Deadline& deadline, const std::string& name) {
  for (;;) {
    if (Descriptor connected(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)); connected) return connected;
    switch (errno) {
      case EINTR:
      case EPROTO: continue;  // of that connection, not of the listener
      case EAGAIN:
        if (!poll_until(listener, POLLIN, deadline)) return {};
        continue;
      default:
        if (!connection_broke(errno)) fail_system(name + ": accept", errno);
    }
  }
}

}  // namespace ringmain::transport
