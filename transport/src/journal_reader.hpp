// Reads a journal: record by record, or looks for a place in it. Lends the payloads where they lie in its buffer.
// SPDX-License-Identifier: MIT
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal_format.hpp"

namespace ringmain::transport {

struct PlacedRecord {
  Record record{};
  std::uint64_t offset = kJournalHeaderBytes;
  std::uint64_t end() const noexcept { return offset + record.extent(); }
};

class JournalReader {
 public:
  // `name` goes before error messages. Reads the journal's header; throws what is wrong with it, and kSystem.
  // `largest`: payload, in bytes.
  JournalReader(int file, std::string name, std::size_t largest);

  const JournalHeader& header() const noexcept { return header_; }

  // Reads the next record. False: no whole one is here (yet); the reader stays where it is, and looks anew when it is
  // called again. Throws kTooLarge, kSystem.
  bool next();
  const Record& record() const noexcept { return record_; }
  std::span<const std::byte> payload() const noexcept { return payload_; }

  // Of the next record.
  std::uint64_t offset() const noexcept { return offset_; }
  std::uint64_t number() const noexcept { return number_; }  // what it must have
  void stand_at(const PlacedRecord& placed) noexcept;

  // The first record in [from, to) with a whole header; its payload isn't looked at. What lies there need be no record:
  // the search goes on until something is.
  std::optional<PlacedRecord> find(std::uint64_t from, std::uint64_t to) const;

  // Stands at the first record that `order` doesn't put before the place looked for; if there is none, or if what is
  // damaged lies before it, at the last one that it does. (But not if it is the place itself.) Reads little, however long
  // the journal is.
  using Order = std::function<std::weak_ordering(const Record&)>;  // of a record, and the place
  void seek(const Order& order);

  std::optional<PlacedRecord> last() const;  // with a whole header; reads little

  std::uint64_t size() const;  // of the file, in bytes
  bool same_journal() const;   // the file was not overwritten

 private:
  struct Neighbours {
    std::optional<PlacedRecord> before{};
    std::optional<PlacedRecord> behind{};
  };
  Neighbours divide(const Order& order) const;
  std::size_t read(std::span<std::byte> into, std::uint64_t at) const;
  bool load(std::uint64_t bytes);

  int file_;
  std::string name_;
  std::size_t largest_;
  JournalHeader header_{};
  std::uint64_t seed_ = 0;
  std::uint64_t offset_ = kJournalHeaderBytes;
  std::uint64_t number_ = 0;
  Record record_{};
  std::span<const std::byte> payload_{};
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // in the buffer: the byte at offset_
  std::size_t end_ = 0;    // of what was read
};

}  // namespace ringmain::transport
