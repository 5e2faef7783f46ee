// What a journal's two ends share.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "ringmain/transport/address.hpp"

namespace ringmain::transport {

std::unique_ptr<Source> open_journal_source(const Address& address);
std::unique_ptr<Sink> open_journal_sink(const Address& address);

}  // namespace ringmain::transport
