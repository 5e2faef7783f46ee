// SPDX-License-Identifier: MIT
#include "carriers/transported.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "carriers/polled_pipe.hpp"

namespace ringmain::bench {
namespace {

constexpr const char* kWait = "wait=10s";

// One that was free a moment ago.
unsigned free_port() {
  const Descriptor probe(check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  check(::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), size), "bind to 127.0.0.1");
  check(::getsockname(probe.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
  return ntohs(address.sin_port);
}

}  // namespace

Transported::Transported(TransportSetup setup) : setup_(std::move(setup)) {
  static unsigned count = 0;
  const std::string name = fmt::format("bench-{}-{}", ::getpid(), count++);
  const std::string path = (setup_.directory / name).string();
  const auto both = [&](const std::string& address, const std::string& of_source, const std::string& of_sink) {
    source_ = address + of_source;
    sink_ = address + of_sink;
  };
  switch (setup_.scheme) {
    case Scheme::kPipe: {
      PipeEnds ends = open_pipe();
      pipe_read_ = std::move(ends.read);
      pipe_write_ = std::move(ends.write);
      source_ = fmt::format("fd:{}?frames", pipe_read_.get());
      sink_ = fmt::format("fd:{}?frames", pipe_write_.get());
      break;
    }
    case Scheme::kUnix: both("unix:" + path, "", fmt::format("?{}", kWait)); break;
    case Scheme::kSeqpacket: both("unix:" + path, "?seqpacket", fmt::format("?seqpacket&{}", kWait)); break;
    case Scheme::kTcp: both(fmt::format("tcp:127.0.0.1:{}", free_port()), "", fmt::format("?{}", kWait)); break;
    case Scheme::kUringUnix: both("uring+unix:" + path, "", fmt::format("?{}", kWait)); break;
    case Scheme::kUringTcp:
      both(fmt::format("uring+tcp:127.0.0.1:{}", free_port()), "", fmt::format("?{}", kWait));
      break;
    case Scheme::kSpsc:
      both("spsc:" + name, fmt::format("?dir={}", setup_.directory.string()),
           fmt::format("?dir={}&{}", setup_.directory.string(), kWait));
      break;
    case Scheme::kRing: {
      const std::string directory = setup_.directory.string();
      const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(std::size_t{8} << 20, 4 * setup_.bytes));
      both("ring:" + name, fmt::format("?dir={}&{}", directory, kWait),
           fmt::format("?dir={}&capacity={}&wait-for=1", directory, capacity));
      break;
    }
  }
}

std::size_t Transported::largest() const {
  const auto source = transport::open_source(source_);
  const std::size_t largest = transport::open_sink(sink_)->max_message();
  return largest;
}

}  // namespace ringmain::bench
