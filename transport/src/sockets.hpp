// Listening and connecting, by unix path or by TCP host and port.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <string>

#include "clock.hpp"
#include "descriptor.hpp"
#include "ringmain/transport/address.hpp"

namespace ringmain::transport {

// Where a socket is to be found.
class Place {
 public:
  virtual ~Place() = default;

  // Throws kAddressInUse (another process listens there), kExists (what is there is no socket), kNoPermission, kNotFound.
  virtual Descriptor listen() = 0;
  // A connection, if somebody listens there; else an empty one, and errno says why not.
  virtual Descriptor try_connect() = 0;
  virtual void forget() noexcept {}                      // nobody listens any more: what it left behind goes
  virtual const std::string& name() const noexcept = 0;  // the address, for error messages
};

std::unique_ptr<Place> unix_place(std::string path, int type, std::string name);  // SOCK_STREAM, SOCK_SEQPACKET
std::unique_ptr<Place> tcp_place(const Address& address);                         // throws kBadAddress

// Tries again until somebody listens. When nobody does until the deadline: an empty one, and errno; or it throws kNotFound.
Descriptor try_until(Place& place, const Deadline& deadline);
Descriptor connect_to(Place& place, const Deadline& deadline);
[[noreturn]] void fail_nobody(const Place& place, int error);

// connect(), which gives up after a second: with EINPROGRESS (TCP) or EAGAIN (unix).
int connect_soon(int socket, const sockaddr* address, socklen_t bytes) noexcept;

// Waits for a connection. Empty: none until the deadline.
Descriptor accept_from(int listener, const Deadline& deadline, const std::string& name);

}  // namespace ringmain::transport
