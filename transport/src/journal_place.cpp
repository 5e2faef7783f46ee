// SPDX-License-Identifier: MIT
#include "journal_place.hpp"

#include <time.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "ringmain/transport/quantity.hpp"

namespace ringmain::transport {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

// "2026-11-21T18:00:00.5Z": ns since 1970. Nothing: that is no such time.
std::optional<std::uint64_t> parse_time(const std::string& text) {
  std::tm parts{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || text.back() != 'Z') return std::nullopt;
  const char* end = text.c_str() + text.size() - 1;
  double fraction = 0;
  if (rest != end) {
    const auto parsed = std::from_chars(rest, end, fraction, std::chars_format::fixed);
    if (*rest != '.' || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  }
  const auto seconds = ::timegm(&parts);
  if (seconds < 0 || static_cast<std::uint64_t>(seconds) > std::numeric_limits<std::uint64_t>::max() / kSecond - 1) {
    return std::nullopt;
  }
  return static_cast<std::uint64_t>(seconds) * kSecond + static_cast<std::uint64_t>(fraction * 1e9);
}

std::uint64_t time_of(const std::optional<PlacedRecord>& record, const JournalReader& reader) {
  return record ? record->record.time : reader.header().created;
}

}  // namespace

std::weak_ordering JournalPlace::order(const Record& record) const noexcept {
  if (unit == Unit::kNumber) return record.number <=> value;
  return record.time < value ? std::weak_ordering::less : std::weak_ordering::greater;
}

JournalPlace journal_place(const Address& address, const JournalReader& reader) {
  using Unit = JournalPlace::Unit;
  const std::string text = address.text("from", "0");
  if (const auto number = parse_number(text)) return {Unit::kNumber, *number};
  if (const auto time = parse_time(text)) return {Unit::kTime, *time};
  const bool before_end = text.front() == '-';
  const auto span = parse_duration(std::string_view(text).substr(before_end ? 1 : 0));
  if (!span || *span == kForever) {
    address.refuse(
        "the value of 'from' is neither a message's number (17), nor a time (2026-11-21T18:00:00Z), nor a "
        "span behind the beginning (10s) or before the end (-10s)");
  }
  const auto nanoseconds = static_cast<std::uint64_t>(span->count());
  if (before_end) {
    const std::uint64_t end = time_of(reader.last(), reader);
    return {Unit::kTime, end - std::min(end, nanoseconds)};
  }
  const std::uint64_t beginning = time_of(reader.find(kJournalHeaderBytes, reader.size()), reader);
  return {Unit::kTime, beginning + std::min(nanoseconds, std::numeric_limits<std::uint64_t>::max() - beginning)};
}

}  // namespace ringmain::transport
