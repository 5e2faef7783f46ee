// TCP, by host and port.
// SPDX-License-Identifier: MIT
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "fail.hpp"
#include "sockets.hpp"

namespace ringmain::transport {
namespace {

using Candidates = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

void set(int socket, int level, int option, int value) noexcept {
  ::setsockopt(socket, level, option, &value, sizeof value);  // what isn't to be had is done without
}

// A message leaves at once; and who vanished without a word (a power cut, a cable) is noticed within half a minute by who
// has nothing under way. Else it takes the kernel's retransmissions, or `silence`: which also ends the connection to a
// receiver that is merely stopped for so long, so it is nobody's default.
void prepare(int socket, std::chrono::milliseconds silence) noexcept {
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  if (silence.count() > 0) set(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(silence.count()));
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

bool has_ipv6() noexcept { return static_cast<bool>(Descriptor(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0))); }

// Who tries a free port of his own machine for long enough is connected to himself.
bool talks_to_itself(int socket) noexcept {
  sockaddr_storage own{};
  sockaddr_storage other{};
  socklen_t own_bytes = sizeof own;
  socklen_t other_bytes = sizeof other;
  return ::getsockname(socket, reinterpret_cast<sockaddr*>(&own), &own_bytes) == 0 &&
         ::getpeername(socket, reinterpret_cast<sockaddr*>(&other), &other_bytes) == 0 && own_bytes == other_bytes &&
         std::memcmp(&own, &other, own_bytes) == 0;
}

class TcpPlace final : public Place {
 public:
  TcpPlace(const std::string& host_and_port, std::string name, std::chrono::milliseconds silence)
      : name_(std::move(name)), silence_(silence) {
    const std::size_t colon = host_and_port.rfind(':');
    if (colon == std::string::npos || colon + 1 == host_and_port.size()) {
      fail(Status::kBadAddress, "'" + name_ + "': it needs a port; write it like tcp:127.0.0.1:7000 or tcp:[::1]:7000");
    }
    host_ = host_and_port.substr(0, colon);
    port_ = host_and_port.substr(colon + 1);
    const bool bracketed = host_.size() > 2 && host_.front() == '[' && host_.back() == ']';
    if (bracketed) host_ = host_.substr(1, host_.size() - 2);
    if (host_ == "*") host_.clear();
  }

  Descriptor listen() override {
    int error = EHOSTUNREACH;
    for (const Candidates found = resolve(AI_PASSIVE); const auto& candidate : list(found)) {
      Descriptor socket = open(*candidate);
      error = errno;
      if (!socket) continue;
      set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
      set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);  // connections that linger from before don't count
      if (::bind(socket.get(), candidate->ai_addr, candidate->ai_addrlen) == 0 && ::listen(socket.get(), 16) == 0) {
        prepare(socket.get(), silence_);  // what is accepted inherits it
        return socket;
      }
      error = errno;
      if (error == EADDRINUSE) break;  // the next address of that host would be another one
    }
    if (error == EADDRINUSE) {
      fail(Status::kAddressInUse, name_ + ": another process listens there; end it, or use another port", error);
    }
    if (error == EADDRNOTAVAIL) {
      fail(Status::kBadAddress, name_ + ": this machine doesn't have that address; tcp:*:PORT listens on all it has",
           error);
    }
    fail_system(name_, error);
  }

  Descriptor try_connect() override {
    int error = EHOSTUNREACH;
    for (const Candidates found = resolve(0); const auto& candidate : list(found)) {
      Descriptor socket = open(*candidate);
      if (!socket) continue;
      prepare(socket.get(), silence_);
      if (connect_soon(socket.get(), candidate->ai_addr, candidate->ai_addrlen) == 0) {
        if (!talks_to_itself(socket.get())) return socket;
        errno = ECONNREFUSED;
      }
      error = errno;
    }
    errno = error;
    return {};
  }

  const std::string& name() const noexcept override { return name_; }

 private:
  Candidates resolve(int flags) const {
    addrinfo hints{};
    hints.ai_family = host_.empty() && has_ipv6() ? AF_INET6 : AF_UNSPEC;  // which serves both
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host_.empty() ? nullptr : host_.c_str(), port_.c_str(), &hints, &found);
    if (error == EAI_AGAIN) return {nullptr, ::freeaddrinfo};  // the name service may come back
    if (error != 0) {
      fail(Status::kBadAddress, name_ + ": " + (error == EAI_SYSTEM ? "name service failed" : ::gai_strerror(error)));
    }
    return {found, ::freeaddrinfo};
  }

  static std::vector<const addrinfo*> list(const Candidates& found) {
    std::vector<const addrinfo*> all;
    for (const addrinfo* one = found.get(); one != nullptr; one = one->ai_next) all.push_back(one);
    return all;
  }

  static Descriptor open(const addrinfo& candidate) {
    return Descriptor(::socket(candidate.ai_family, candidate.ai_socktype | SOCK_CLOEXEC, candidate.ai_protocol));
  }

  std::string name_;
  std::chrono::milliseconds silence_;
  std::string host_;
  std::string port_;
};

}  // namespace

std::unique_ptr<Place> tcp_place(const Address& address) {
  constexpr std::chrono::hours kLongest{24};
  const auto silence = std::min<std::chrono::nanoseconds>(address.duration("silence", {}), kLongest);
  return std::make_unique<TcpPlace>(address.target(), address.text(),
                                    std::chrono::duration_cast<std::chrono::milliseconds>(silence));
}

}  // namespace ringmain::transport
