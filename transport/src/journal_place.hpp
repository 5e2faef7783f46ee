// Where a replay of a journal begins: ?from=
// SPDX-License-Identifier: MIT
#pragma once

#include "journal_reader.hpp"
#include "ringmain/transport/address.hpp"

namespace ringmain::transport {

struct JournalPlace {
  enum class Unit : std::uint8_t { kNumber, kTime } unit = Unit::kNumber;
  std::uint64_t value = 0;  // of the first message, or its time at the least

  bool beginning() const noexcept { return value == 0; }
  std::weak_ordering order(const Record& record) const noexcept;
};

// Reads what is relative to the journal's first or last record from it. Throws kBadAddress.
JournalPlace journal_place(const Address& address, const JournalReader& reader);

}  // namespace ringmain::transport
