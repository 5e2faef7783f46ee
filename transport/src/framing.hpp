// How messages are told apart in a stream of bytes.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace ringmain::transport {

enum class Framing : std::uint8_t {
  kRaw,     // they are not: whatever comes is a message
  kLines,   // a newline after each
  kFrames,  // its length before each: 32 bits, little-endian
  kWire,    // between Ringmain's own ends: a word before each, 48 bits of length and 16 of type, little-endian
};

// In kWire a length of all ones marks a control frame: its type says which, and its payload has kControlBytes.
inline constexpr std::uint64_t kControlLength = (std::uint64_t{1} << 48) - 1;
inline constexpr std::size_t kControlBytes = 24;
inline constexpr std::size_t kWordBytes = 8;

// What stands at the beginning of the bytes that were read so far.
struct Frame {
  std::size_t begin = 0;  // of the payload
  std::size_t bytes = 0;  // of the payload
  std::size_t total = 0;  // with what is before and behind it; more than was given: the rest is still to come
  std::uint16_t type = 0;
  bool control = false;
};

// Nothing: it can't be told yet. `searched`: so many bytes were given before, without success. `ended`: no more will come.
std::optional<Frame> find_frame(Framing framing, std::span<const std::byte> bytes, std::size_t searched, bool ended);

// What goes before and behind a payload.
struct Envelope {
  std::array<std::byte, kWordBytes> before{};
  std::size_t before_bytes = 0;
  std::array<std::byte, 1> behind{};
  std::size_t behind_bytes = 0;

  std::span<const std::byte> prefix() const noexcept { return std::span(before).first(before_bytes); }
  std::span<const std::byte> suffix() const noexcept { return std::span(behind).first(behind_bytes); }
};
Envelope envelope(Framing framing, std::size_t bytes, std::uint16_t type);

// The largest payload that can be told.
std::size_t largest_payload(Framing framing) noexcept;

// Little-endian numbers of at most eight bytes; the machine is little-endian, as the ring's layout has it.
inline std::uint64_t load_number(std::span<const std::byte> bytes) noexcept {
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), bytes.size());
  return number;
}
inline void store_number(std::span<std::byte> bytes, std::uint64_t number) noexcept {
  std::memcpy(bytes.data(), &number, bytes.size());
}

}  // namespace ringmain::transport
