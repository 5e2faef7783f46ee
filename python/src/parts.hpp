// A message that is larger than its ring travels in parts: messages of the type kPart, each with a header that says of
// what it is a part. The Pipe's are: see docs/python.md.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace ringmain::python {

struct PartHeader {
  static constexpr std::size_t kSize = 32;

  std::uint64_t total = 0;  // bytes of the message
  std::uint64_t at = 0;     // where this part begins in it; 0 begins a message, whatever came before
  std::uint16_t type = 0;   // of the message

  void write(std::byte* to) const noexcept {
    std::memset(to, 0, kSize);
    std::memcpy(to, &total, sizeof total);
    std::memcpy(to + 8, &at, sizeof at);
    std::memcpy(to + 16, &type, sizeof type);
  }

  static std::optional<PartHeader> read(std::span<const std::byte> payload) noexcept {
    if (payload.size() < kSize) return std::nullopt;
    PartHeader header;
    std::memcpy(&header.total, payload.data(), sizeof header.total);
    std::memcpy(&header.at, payload.data() + 8, sizeof header.at);
    std::memcpy(&header.type, payload.data() + 16, sizeof header.type);
    const std::size_t bytes = payload.size() - kSize;
    if (header.at > header.total || bytes > header.total - header.at) return std::nullopt;
    return header;
  }
};

// So much of a message goes into one part: several of them fit, so that both sides are at work.
constexpr std::size_t part_bytes(std::size_t capacity) noexcept { return capacity / 8 - PartHeader::kSize; }

}  // namespace ringmain::python
