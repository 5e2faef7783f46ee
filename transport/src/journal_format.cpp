// SPDX-License-Identifier: MIT
#include "journal_format.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "fail.hpp"

namespace ringmain::transport {
namespace {

constexpr std::array<char, 8> kMagic{'R', 'I', 'N', 'G', 'J', 'R', 'N', 'L'};
constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kEndType = 1;
constexpr unsigned kTypeShift = 48;
constexpr std::uint64_t kLengthMask = (std::uint64_t{1} << kTypeShift) - 1;

// Of the journal's header.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kIdentityAt = 16;
constexpr std::size_t kCreatedAt = 32;
constexpr std::size_t kHeaderChecksumAt = 56;

// Words of a record's header: its own checksum, then what that is of.
enum Word : std::size_t { kOwnChecksum, kPayloadChecksum, kLengthAndType, kTime, kNumber };

std::uint64_t load_word(std::span<const std::byte> bytes, std::size_t index) noexcept {
  return load_number(bytes.subspan(8 * index, 8));
}
void store_word(std::span<std::byte> bytes, std::size_t index, std::uint64_t value) noexcept {
  store_number(bytes.subspan(8 * index, 8), value);
}

// The offset counts, too: a record that lies elsewhere, in a journal within a message, say, is none.
std::uint64_t own_checksum(std::span<const std::byte> header, std::uint64_t seed, std::uint64_t offset) noexcept {
  const auto rest = header.subspan(8);
  return XXH3_64bits_withSeed(rest.data(), rest.size(), seed + offset);
}

}  // namespace

std::uint64_t JournalHeader::seed() const noexcept { return XXH3_64bits(identity.data(), identity.size()); }

std::array<std::byte, kJournalHeaderBytes> journal_header_bytes(const JournalHeader& header) noexcept {
  std::array<std::byte, kJournalHeaderBytes> bytes{};
  const std::span<std::byte> all(bytes);
  std::memcpy(bytes.data(), kMagic.data(), kMagic.size());
  store_number(all.subspan(kVersionAt, 8), kVersion);
  std::memcpy(bytes.data() + kIdentityAt, header.identity.data(), header.identity.size());
  store_number(all.subspan(kCreatedAt, 8), header.created);
  store_number(all.subspan(kHeaderChecksumAt, 8), XXH3_64bits(bytes.data(), kHeaderChecksumAt));
  return bytes;
}

JournalHeader parse_journal_header(std::span<const std::byte> bytes, const std::string& name) {
  const std::size_t compared = std::min(bytes.size(), kMagic.size());
  if (compared != 0 && std::memcmp(bytes.data(), kMagic.data(), compared) != 0) {
    fail(Status::kBadFrame, name + ": not a journal of Ringmain; name one that was recorded to file:PATH");
  }
  if (bytes.size() < kJournalHeaderBytes) {
    fail(Status::kBadFrame,
         fmt::format("{}: a journal's header has {} bytes, this file {}: its recorder died before it "
                     "recorded anything; remove it",
                     name, kJournalHeaderBytes, bytes.size()));
  }
  if (XXH3_64bits(bytes.data(), kHeaderChecksumAt) != load_number(bytes.subspan(kHeaderChecksumAt, 8))) {
    fail(Status::kCorrupt, name +
                               ": the journal's header is damaged, and with it the key to all its records; take a "
                               "copy of it");
  }
  if (const auto version = load_number(bytes.subspan(kVersionAt, 8)); version != kVersion) {
    fail(Status::kLayoutMismatch, fmt::format("{}: a journal of version {}, and this build knows version {}; replay it "
                                              "with the build that recorded it",
                                              name, version, kVersion));
  }
  JournalHeader header;
  std::memcpy(header.identity.data(), bytes.data() + kIdentityAt, header.identity.size());
  header.created = load_number(bytes.subspan(kCreatedAt, 8));
  return header;
}

std::uint64_t payload_checksum(std::span<const std::byte> payload) noexcept {
  return XXH3_64bits(payload.data(), payload.size());
}

RecordHeader record_header_bytes(const Record& record, std::uint64_t seed, std::uint64_t offset) noexcept {
  const std::uint64_t length = record.end ? kControlLength : record.length;
  const std::uint64_t type = record.end ? kEndType : record.type;
  RecordHeader bytes{};
  store_word(bytes, kPayloadChecksum, record.checksum);
  store_word(bytes, kLengthAndType, length | type << kTypeShift);
  store_word(bytes, kTime, record.time);
  store_word(bytes, kNumber, record.number);
  store_word(bytes, kOwnChecksum, own_checksum(bytes, seed, offset));
  return bytes;
}

std::optional<Record> parse_record(std::span<const std::byte, kRecordHeaderBytes> bytes, std::uint64_t seed,
                                   std::uint64_t offset) noexcept {
  if (load_word(bytes, kOwnChecksum) != own_checksum(bytes, seed, offset)) return std::nullopt;
  const std::uint64_t word = load_word(bytes, kLengthAndType);
  Record record{.number = load_word(bytes, kNumber),
                .time = load_word(bytes, kTime),
                .length = word & kLengthMask,
                .checksum = load_word(bytes, kPayloadChecksum),
                .type = static_cast<std::uint16_t>(word >> kTypeShift)};
  if (record.length == kControlLength) {
    if (record.type != kEndType) return std::nullopt;
    record.length = record.type = 0;
    record.end = true;
  }
  return record;
}

}  // namespace ringmain::transport
