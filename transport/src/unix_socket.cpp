// unix:PATH
// SPDX-License-Identifier: MIT
#include "seqpacket.hpp"
#include "stream_socket.hpp"

namespace ringmain::transport {
namespace {

std::unique_ptr<Place> place_of(const Address& address, int type) {
  return unix_place(address.target(), type, address.text());
}

}  // namespace

Carrier unix_socket_carrier() {
  std::vector<CarrierOption> options = stream_options();
  options.push_back({"seqpacket", "", "a message is a packet, of at most what the system's socket buffers take"});
  return {"unix",
          "unix:PATH",
          "a unix socket; the source listens, the sink connects",
          options,
          [](const Address& address) {
            return address.flag("seqpacket")
                       ? open_seqpacket_source(place_of(address, SOCK_SEQPACKET), address)
                       : open_stream_source(place_of(address, SOCK_STREAM), plain_stream, address);
          },
          [](const Address& address) {
            return address.flag("seqpacket") ? open_seqpacket_sink(place_of(address, SOCK_SEQPACKET), address)
                                             : open_stream_sink(place_of(address, SOCK_STREAM), plain_stream, address);
          }};
}

}  // namespace ringmain::transport
