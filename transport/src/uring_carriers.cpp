// uring+unix:PATH and uring+tcp:HOST:PORT: the same on the wire as unix: and tcp:.
// SPDX-License-Identifier: MIT
#include "stream_socket.hpp"
#include "uring_stream.hpp"

namespace ringmain::transport {
namespace {

std::unique_ptr<ByteStream> uring_stream(Descriptor connected, const std::string& name) {
  return std::make_unique<UringStream>(std::move(connected), name);
}

// Where there is no io_uring a source says so when it is opened, not when somebody connects.
void require_uring(const Address& address) { Uring{address.text()}; }

std::unique_ptr<Place> unix_place_of(const Address& address) {
  return unix_place(address.target(), SOCK_STREAM, address.text());
}
template <std::unique_ptr<Place> (*PlaceOf)(const Address&)>
std::unique_ptr<Source> open_uring_source(const Address& address) {
  require_uring(address);
  return open_stream_source(PlaceOf(address), uring_stream, address);
}

template <std::unique_ptr<Place> (*PlaceOf)(const Address&)>
std::unique_ptr<Sink> open_uring_sink(const Address& address) {
  require_uring(address);
  return open_stream_sink(PlaceOf(address), uring_stream, address);
}

}  // namespace

Carrier uring_unix_carrier() {
  return {"uring+unix",
          "uring+unix:PATH",
          "a unix socket through io_uring; the other end may be unix:",
          stream_options(),
          open_uring_source<unix_place_of>,
          open_uring_sink<unix_place_of>};
}

Carrier uring_tcp_carrier() {
  return {"uring+tcp",   "uring+tcp:HOST:PORT",        "a TCP connection through io_uring; the other end may be tcp:",
          tcp_options(), open_uring_source<tcp_place>, open_uring_sink<tcp_place>};
}

}  // namespace ringmain::transport
