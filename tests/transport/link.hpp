// The carriers under test: how both ends are addressed, and what each can do.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <memory>
#include <ostream>
#include <string>
#include <tuple>

#include "ringmain/transport/address.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

struct CarrierUnderTest {
  const char* name;
  const char* source;  // {directory}, {port}, {fd} and {queue} are filled in
  const char* sink;
  std::size_t largest = std::size_t{4} << 20;  // message to be tried
  bool bounded = false;                        // there are larger ones that it refuses
  bool types = true;                           // a message has one
  bool tells_death = true;                     // of the sender from its closing
  bool sink_first = false;                     // which end has to be there for the other one
  bool pollable = true;                        // its source has a descriptor for event loops
  bool keeps = false;                          // a sender doesn't need a living receiver
  bool fills = true;                           // a sender that isn't received from has no room at last
  const char* patience = "";                   // what makes a sink wait for its receiver
};

inline std::ostream& operator<<(std::ostream& out, const CarrierUnderTest& carrier) { return out << carrier.name; }

inline constexpr std::array kCarriersUnderTest{
    CarrierUnderTest{.name = "ring",
                     .source = "ring:r?dir={directory}&from=oldest&wait=10s",
                     .sink = "ring:r?dir={directory}&capacity=16M",
                     .bounded = true,
                     .sink_first = true,
                     .keeps = true,
                     .patience = "&wait-for=1"},
    CarrierUnderTest{.name = "lossy_ring",
                     .source = "ring:r?dir={directory}&from=oldest&wait=10s",
                     .sink = "ring:r?dir={directory}&capacity=16M&evict-after=1h",
                     .bounded = true,
                     .sink_first = true,
                     .keeps = true,
                     .patience = "&wait-for=1"},
    CarrierUnderTest{.name = "group",
                     .source = "ring:r?dir={directory}&from=oldest&wait=10s&group=g",
                     .sink = "ring:r?dir={directory}&capacity=16M",
                     .bounded = true,
                     .sink_first = true,
                     .keeps = true,
                     .patience = "&wait-for=1"},
    CarrierUnderTest{
        .name = "frames", .source = "fd:{fd}?frames", .sink = "fd:{fd}?frames", .types = false, .tells_death = false},
    CarrierUnderTest{.name = "unix", .source = "unix:{directory}/s", .sink = "unix:{directory}/s?wait=10s"},
    CarrierUnderTest{.name = "seqpacket",
                     .source = "unix:{directory}/s?seqpacket",
                     .sink = "unix:{directory}/s?seqpacket&wait=10s",
                     .largest = std::size_t{64} << 10,
                     .bounded = true},
    CarrierUnderTest{.name = "tcp", .source = "tcp:127.0.0.1:{port}", .sink = "tcp:127.0.0.1:{port}?wait=10s"},
    CarrierUnderTest{
        .name = "uring_unix", .source = "uring+unix:{directory}/s", .sink = "uring+unix:{directory}/s?wait=10s"},
    CarrierUnderTest{
        .name = "uring_unix_to_unix", .source = "unix:{directory}/s", .sink = "uring+unix:{directory}/s?wait=10s"},
    CarrierUnderTest{
        .name = "unix_to_uring_unix", .source = "uring+unix:{directory}/s", .sink = "unix:{directory}/s?wait=10s"},
    CarrierUnderTest{
        .name = "uring_tcp", .source = "uring+tcp:127.0.0.1:{port}", .sink = "uring+tcp:127.0.0.1:{port}?wait=10s"},
    CarrierUnderTest{
        .name = "mq", .source = "mq:{queue}", .sink = "mq:{queue}?wait=10s", .largest = 8184, .bounded = true},
    CarrierUnderTest{.name = "spsc",
                     .source = "spsc:q?dir={directory}",
                     .sink = "spsc:q?dir={directory}&wait=10s",
                     .bounded = true,
                     .pollable = false},
    CarrierUnderTest{.name = "journal",
                     .source = "file:{directory}/j?follow&wait=10s",
                     .sink = "file:{directory}/j",
                     .sink_first = true,
                     .keeps = true,
                     .fills = false},
};

// A port that is free at this moment.
inline int free_port() {
  const OwnedDescriptor probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(probe.get(), generic, length) != 0 || ::getsockname(probe.get(), generic, &length) != 0) return 0;
  return ntohs(address.sin_port);
}

// The two ends of a carrier in a directory of their own, to be opened in any process.
class Link {
 public:
  explicit Link(const CarrierUnderTest& carrier) : carrier_(carrier), port_(std::to_string(free_port())) {
    std::tie(read_, write_) = make_pipe();
    write_number_ = ::dup(write_.get());  // whose owner is the sink, which closes it
    write_.close();
  }

  ~Link() { ::mq_unlink(("/" + queue()).c_str()); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  const CarrierUnderTest& carrier() const noexcept { return carrier_; }
  std::string source_address() const { return filled(carrier_.source, read_.get()); }
  std::string sink_address() const { return filled(carrier_.sink, write_number_); }

  // In a process that has just this end. The other one of a pipe is given up, so that each sees the other go.
  std::unique_ptr<transport::Source> open_source() {
    ::close(write_number_);
    return transport::open_source(source_address());
  }
  std::unique_ptr<transport::Sink> open_sink() {
    read_.close();
    return transport::open_sink(sink_address() + carrier_.patience);
  }

  // Both in this process.
  struct Ends {
    std::unique_ptr<transport::Source> source;
    std::unique_ptr<transport::Sink> sink;
  };
  Ends open() {
    Ends ends;
    if (carrier_.sink_first) ends.sink = transport::open_sink(sink_address());
    ends.source = transport::open_source(source_address());
    if (!carrier_.sink_first) ends.sink = transport::open_sink(sink_address());
    return ends;
  }
  // The sender goes without a word.
  void drop_sink(Ends& ends) {
    ends.sink.reset();
    ::close(write_number_);
  }
  void drop_source(Ends& ends) {
    ends.source.reset();
    read_.close();
  }

 private:
  std::string queue() const { return directory_.path().filename().string(); }

  std::string filled(std::string text, int descriptor) const {
    const auto replace = [&](const std::string& what, const std::string& with) {
      for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
        text.replace(at, what.size(), with);
      }
    };
    replace("{queue}", queue());
    replace("{directory}", directory_.path().string());
    replace("{port}", port_);
    replace("{fd}", std::to_string(descriptor));
    return text;
  }

  CarrierUnderTest carrier_;
  TemporaryDirectory directory_{};
  std::string port_;
  OwnedDescriptor read_{};
  OwnedDescriptor write_{};
  int write_number_ = -1;
};

}  // namespace ringmain::testing
