// The two ends of a stream socket: the source listens, the sink connects. Unix and TCP, plain and through io_uring.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "byte_stream.hpp"
#include "descriptor.hpp"
#include "ringmain/transport/address.hpp"
#include "sockets.hpp"

namespace ringmain::transport {

using StreamMaker = std::function<std::unique_ptr<ByteStream>(Descriptor connected, const std::string& name)>;

std::unique_ptr<ByteStream> plain_stream(Descriptor connected, const std::string& name);

// With the options that stream_options() lists.
std::unique_ptr<Source> open_stream_source(std::unique_ptr<Place> place, StreamMaker maker, const Address& address);
std::unique_ptr<Sink> open_stream_sink(std::unique_ptr<Place> place, StreamMaker maker, const Address& address);
std::vector<CarrierOption> stream_options();
std::vector<CarrierOption> tcp_options();  // those, and more

}  // namespace ringmain::transport
