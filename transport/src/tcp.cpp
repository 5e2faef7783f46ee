// tcp:HOST:PORT
// SPDX-License-Identifier: MIT
#include "stream_socket.hpp"

namespace ringmain::transport {

Carrier tcp_carrier() {
  return {"tcp",
          "tcp:HOST:PORT",
          "a TCP connection; the source listens (tcp:*:PORT: on every interface), the sink connects",
          tcp_options(),
          [](const Address& address) { return open_stream_source(tcp_place(address), plain_stream, address); },
          [](const Address& address) { return open_stream_sink(tcp_place(address), plain_stream, address); }};
}

}  // namespace ringmain::transport
