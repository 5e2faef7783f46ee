// SPDX-License-Identifier: MIT
#include "carriers/byte_stream.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace ringmain::bench {

StreamEnds open_pipe() {
  std::array<int, 2> ends{};
  check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
  StreamEnds result{Descriptor(ends[0]), Descriptor(ends[1])};
  ::fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
  return result;
}

StreamEnds open_unix_stream() {
  std::array<int, 2> ends{};
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

StreamEnds open_tcp() {
  const auto tcp_socket = [] { return Descriptor(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket")); };
  const Descriptor listener = tcp_socket();
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  check(::bind(listener.get(), generic, size), "bind to 127.0.0.1");
  check(::listen(listener.get(), 1), "listen");
  check(::getsockname(listener.get(), generic, &size), "getsockname");
  StreamEnds ends{{}, tcp_socket()};
  check(::connect(ends.write.get(), generic, size), "connect to 127.0.0.1");
  ends.read = Descriptor(check(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC), "accept4"));
  const int on = 1;
  check(::setsockopt(ends.write.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
  return ends;
}

ByteStream::ByteStream(StreamEnds (*open)(), Waiting waiting) : ends_(open()) {
  if (waiting == Waiting::kBlocks) return;
  for (const int fd : {ends_.read.get(), ends_.write.get()}) {
    check(::fcntl(fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
  }
}

}  // namespace ringmain::bench
