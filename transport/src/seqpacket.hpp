// unix:PATH?seqpacket
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "ringmain/transport/address.hpp"
#include "sockets.hpp"

namespace ringmain::transport {

std::unique_ptr<Source> open_seqpacket_source(std::unique_ptr<Place> place, const Address& address);
std::unique_ptr<Sink> open_seqpacket_sink(std::unique_ptr<Place> place, const Address& address);

}  // namespace ringmain::transport
