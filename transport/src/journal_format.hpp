// The bytes of a journal; docs/journal.md describes them. Everything read from one may be hostile.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "framing.hpp"
#include "identity.hpp"

namespace ringmain::transport {

inline constexpr std::size_t kJournalHeaderBytes = 64;
inline constexpr std::size_t kRecordHeaderBytes = 40;
inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::uint64_t kLargestRecord = kControlLength - 1;  // payload, in bytes

inline constexpr int kRecorderByte = 0;  // who records holds the lease of this byte of the file

struct JournalHeader {
  Identity identity{};
  std::uint64_t created = 0;  // ns since 1970

  // What the headers of this journal's records are hashed with, so that no other journal's records pass.
  std::uint64_t seed() const noexcept;
};

std::array<std::byte, kJournalHeaderBytes> journal_header_bytes(const JournalHeader& header) noexcept;

// Throws kBadFrame (no journal, or cut off within its header), kLayoutMismatch, kCorrupt.
JournalHeader parse_journal_header(std::span<const std::byte> bytes, const std::string& name);

struct Record {
  std::uint64_t number = 0;    // of the message in the journal, from 0; of the end: how many there are
  std::uint64_t time = 0;      // when it was recorded, ns since 1970; never less than that of the one before
  std::uint64_t length = 0;    // of the payload, in bytes
  std::uint64_t checksum = 0;  // of the payload
  std::uint16_t type = 0;
  bool end = false;  // no message: the journal was closed

  // In the file, with header and padding.
  std::uint64_t extent() const noexcept { return kRecordHeaderBytes + length + padding(); }
  std::uint64_t padding() const noexcept { return (0 - length) % kRecordAlignment; }
};

std::uint64_t payload_checksum(std::span<const std::byte> payload) noexcept;

using RecordHeader = std::array<std::byte, kRecordHeaderBytes>;
RecordHeader record_header_bytes(const Record& record, std::uint64_t seed, std::uint64_t offset) noexcept;

// Of the record at this offset of the file. Nothing: there is none, or its header is damaged.
std::optional<Record> parse_record(std::span<const std::byte, kRecordHeaderBytes> bytes, std::uint64_t seed,
                                   std::uint64_t offset) noexcept;

}  // namespace ringmain::transport
