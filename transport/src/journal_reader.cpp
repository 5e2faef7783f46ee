// SPDX-License-Identifier: MIT
#include "journal_reader.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <compare>
#include <cstring>
#include <utility>

#include "fail.hpp"

namespace ringmain::transport {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{256} << 10;  // more falls out of the cache before it is used

}  // namespace

JournalReader::JournalReader(int file, std::string name, std::size_t largest)
    : file_(file), name_(std::move(name)), largest_(largest) {
  std::array<std::byte, kJournalHeaderBytes> bytes{};
  header_ = parse_journal_header(std::span(bytes).first(read(bytes, 0)), name_);
  seed_ = header_.seed();
}

// Fewer bytes than wanted only at the end of the file.
std::size_t JournalReader::read(std::span<std::byte> into, std::uint64_t at) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got = ::pread(file_, into.data() + done, into.size() - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_system(name_, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::uint64_t JournalReader::size() const {
  struct stat now {};
  if (::fstat(file_, &now) != 0) fail_system(name_, errno);
  return static_cast<std::uint64_t>(now.st_size);
}

bool JournalReader::same_journal() const {
  std::array<std::byte, kJournalHeaderBytes> bytes{};
  return read(bytes, 0) == bytes.size() && bytes == journal_header_bytes(header_);
}

void JournalReader::stand_at(const PlacedRecord& placed) noexcept {
  offset_ = placed.offset;
  number_ = placed.record.number;
  begin_ = end_ = 0;
}

// So many bytes from offset_ on are in the buffer. False: the file doesn't have them.
bool JournalReader::load(std::uint64_t bytes) {
  const std::size_t held = end_ - begin_;
  if (held >= bytes) return true;
  if (bytes > kReadAtOnce && bytes > size() - std::min(size(), offset_)) return false;  // before memory is got for them
  if (held != 0) std::memmove(buffer_.data(), buffer_.data() + begin_, held);
  begin_ = 0;
  buffer_.resize(std::max<std::size_t>({buffer_.size(), kReadAtOnce, bytes}));
  end_ = held + read(std::span(buffer_).first(std::max<std::size_t>(kReadAtOnce, bytes)).subspan(held), offset_ + held);
  return end_ >= bytes;
}

bool JournalReader::next() {
  const auto nothing = [&] {
    begin_ = end_ = 0;  // it may be written by now, or anew
    return false;
  };
  if (!load(kRecordHeaderBytes)) return nothing();
  const auto header = std::span(buffer_).subspan(begin_).first<kRecordHeaderBytes>();
  const auto record = parse_record(header, seed_, offset_);
  if (!record || record->number != number_) return nothing();
  if (record->length > largest_) {
    fail(Status::kTooLarge, fmt::format("{}: message {} has {} bytes: the largest that is taken has {}; raise it with "
                                        "?max",
                                        name_, number_, record->length, largest_));
  }
  if (!load(record->extent())) return nothing();
  payload_ = std::span(buffer_).subspan(begin_ + kRecordHeaderBytes, record->length);
  if (payload_checksum(payload_) != record->checksum) return nothing();
  record_ = *record;
  offset_ += record_.extent();
  begin_ += record_.extent();
  ++number_;
  return true;
}

std::optional<PlacedRecord> JournalReader::find(std::uint64_t from, std::uint64_t to) const {
  std::vector<std::byte> chunk(kReadAtOnce);
  const std::uint64_t file_size = size();
  std::uint64_t at = (from + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
  while (at < to) {
    const std::uint64_t wanted = std::min<std::uint64_t>(chunk.size(), to - at + kRecordHeaderBytes);
    const std::size_t got = read(std::span(chunk).first(wanted), at);
    if (got < kRecordHeaderBytes) return std::nullopt;
    std::size_t i = 0;
    for (; i + kRecordHeaderBytes <= got && at + i < to; i += kRecordAlignment) {
      const auto record = parse_record(std::span(chunk).subspan(i).first<kRecordHeaderBytes>(), seed_, at + i);
      if (record && record->extent() <= file_size - at - i) return PlacedRecord{*record, at + i};
    }
    at += i;
  }
  return std::nullopt;
}

// By halves: a record is recognised wherever a search begins, since its header's checksum knows where it lies.
JournalReader::Neighbours JournalReader::divide(const Order& order) const {
  Neighbours found;
  std::uint64_t low = kJournalHeaderBytes;  // what starts below is before the place
  std::uint64_t high = size();              // what starts from here on isn't
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2 / kRecordAlignment * kRecordAlignment;
    const auto probe = find(middle, high);
    if (probe && std::is_lt(order(probe->record))) {
      found.before = probe;
      low = probe->end();
    } else {
      if (probe) found.behind = probe;
      high = middle;
    }
  }
  return found;
}

void JournalReader::seek(const Order& order) {
  const auto [before, behind] = divide(order);
  const std::uint64_t reached = before ? before->end() : kJournalHeaderBytes;
  if (behind && (behind->offset == reached || std::is_eq(order(behind->record)))) {
    stand_at(*behind);
  } else if (before) {
    stand_at(*before);
  } else {
    stand_at({});
  }
}

std::optional<PlacedRecord> JournalReader::last() const {
  return divide([](const Record&) { return std::weak_ordering::less; }).before;
}

}  // namespace ringmain::transport
