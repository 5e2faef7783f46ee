// SPDX-License-Identifier: MIT
#include "framing.hpp"

#include <cstring>
#include <limits>

namespace ringmain::transport {
namespace {

constexpr std::size_t kPrefixBytes = 4;
constexpr unsigned kTypeShift = 48;

std::optional<Frame> find_line(std::span<const std::byte> bytes, std::size_t searched, bool ended) {
  const void* found =
      bytes.size() <= searched ? nullptr : std::memchr(bytes.data() + searched, '\n', bytes.size() - searched);
  if (found == nullptr && (!ended || bytes.empty())) return std::nullopt;
  if (found == nullptr) return Frame{.bytes = bytes.size(), .total = bytes.size()};
  const auto length = static_cast<std::size_t>(static_cast<const std::byte*>(found) - bytes.data());
  return Frame{.bytes = length, .total = length + 1};
}

std::optional<Frame> find_wire(std::span<const std::byte> bytes) {
  if (bytes.size() < kWordBytes) return std::nullopt;
  const std::uint64_t word = load_number(bytes.first(kWordBytes));
  const std::uint64_t length = word & kControlLength;
  Frame frame{.begin = kWordBytes, .bytes = length, .type = static_cast<std::uint16_t>(word >> kTypeShift)};
  if (length == kControlLength) {
    frame.control = true;
    frame.bytes = kControlBytes;
  }
  frame.total = frame.begin + frame.bytes;
  return frame;
}

}  // namespace

std::optional<Frame> find_frame(Framing framing, std::span<const std::byte> bytes, std::size_t searched, bool ended) {
  switch (framing) {
    case Framing::kRaw:
      return bytes.empty() ? std::nullopt : std::optional(Frame{.bytes = bytes.size(), .total = bytes.size()});
    case Framing::kLines: return find_line(bytes, searched, ended);
    case Framing::kFrames: {
      if (bytes.size() < kPrefixBytes) return std::nullopt;
      const std::size_t length = load_number(bytes.first(kPrefixBytes));
      return Frame{.begin = kPrefixBytes, .bytes = length, .total = kPrefixBytes + length};
    }
    case Framing::kWire: return find_wire(bytes);
  }
  return std::nullopt;
}

Envelope envelope(Framing framing, std::size_t bytes, std::uint16_t type) {
  Envelope envelope;
  if (framing == Framing::kLines) {
    envelope.behind.front() = std::byte{'\n'};
    envelope.behind_bytes = 1;
  } else if (framing == Framing::kFrames) {
    envelope.before_bytes = kPrefixBytes;
    store_number(std::span(envelope.before).first(kPrefixBytes), bytes);
  } else if (framing == Framing::kWire) {
    envelope.before_bytes = kWordBytes;
    store_number(envelope.before, bytes | std::uint64_t{type} << kTypeShift);
  }
  return envelope;
}

std::size_t largest_payload(Framing framing) noexcept {
  switch (framing) {
    case Framing::kFrames: return std::numeric_limits<std::uint32_t>::max();
    case Framing::kWire: return kControlLength - 1;
    default: return std::numeric_limits<std::size_t>::max() / 2;
  }
}

}  // namespace ringmain::transport
