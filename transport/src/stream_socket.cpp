// SPDX-License-Identifier: MIT
#include "stream_socket.hpp"

#include <utility>

#include "descriptor_stream.hpp"

namespace ringmain::transport {

std::unique_ptr<ByteStream> plain_stream(Descriptor connected, const std::string& name) {
  return std::make_unique<DescriptorStream>(std::move(connected), DescriptorStream::Kind::kSocket, name);
}

std::vector<CarrierOption> stream_options() {
  using End = CarrierOption::End;
  return {{"reconnect", "", "a connection that breaks is followed by another one; what is lost on the way is counted"},
          {"wait", "DURATION", "for the receiver [default: 1s; with reconnect: forever]", End::kSink},
          {"max", "SIZE", "the largest message [default: 1G]", End::kSource}};
}

std::vector<CarrierOption> tcp_options() {
  std::vector<CarrierOption> options = stream_options();
  options.push_back(
      {"silence", "DURATION", "give up a connection whose other end takes nothing for so long [default: never]"});
  return options;
}

}  // namespace ringmain::transport
