// How Python's objects look as messages. docs/python.md shows every byte; whoever reads C++ can read them, too.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringmain::python {

// Types of messages. Whatever isn't one of these is plain bytes, of a type of the user's own.
enum Kind : std::uint16_t {
  kBytes = 0,
  kFirstReserved = 0xFF00,  // from here on types are ours
  kText = 0xFF01,           // UTF-8
  kInteger = 0xFF02,        // 8 bytes, signed, little-endian
  kFloat = 0xFF03,          // 8 bytes, IEEE 754
  kNone = 0xFF04,           // nothing
  kBool = 0xFF05,           // 1 byte
  kArray = 0xFF06,          // ArrayHeader, then its elements
  kPickle = 0xFF07,         // PickleHeader, the pickle, then its buffers
  kPart = 0xFF08,           // of a message that is larger than its ring; see parts.hpp
};

// Payloads begin 16 bytes behind a multiple of 64. What is to be aligned to 64 begins at such an offset in the payload.
constexpr std::size_t aligned(std::size_t offset) noexcept { return (offset + 16 + 63) / 64 * 64 - 16; }

// dtype, shape and order of an array. In bytes: version 1, order 'C' or 'F', number of dimensions, how the dtype is
// written, u32 length of its text; then u64 for each dimension; the text; zeros up to elements_at.
struct ArrayHeader {
  static constexpr std::size_t kMaxDimensions = 64;  // as NumPy 2

  char order = 'C';
  std::uint8_t dtype_form = 0;  // see ringmain/_arrays.py
  std::string_view dtype{};
  std::span<const std::uint64_t> shape{};

  std::size_t size() const noexcept { return 8 + 8 * shape.size() + dtype.size(); }
  std::size_t elements_at() const noexcept { return aligned(size()); }
  void write(std::byte* to) const noexcept;  // elements_at() bytes
};

// The same, read from bytes that may hold anything. `dtype` points into them.
struct ParsedArrayHeader {
  char order = 'C';
  std::uint8_t dtype_form = 0;
  std::string_view dtype{};
  std::vector<std::uint64_t> shape{};
  std::size_t elements_at = 0;
};
std::optional<ParsedArrayHeader> parse_array_header(std::span<const std::byte> payload);

// No header is longer: 64 dimensions, and a dtype of 64 KiB.
inline constexpr std::size_t kLongestArrayHeader =
    aligned(8 + 8 * ArrayHeader::kMaxDimensions + (std::size_t{64} << 10));

// The bytes that elements of `itemsize` take in all; nothing if that can't be.
std::optional<std::uint64_t> bytes_of(std::span<const std::uint64_t> shape, std::uint64_t itemsize) noexcept;

// Where the parts of a pickled object lie. In bytes: u64 length of the pickle, u64 number of its buffers, u64 length of
// each; the pickle; then each buffer at an aligned() offset.
struct PickleLayout {
  struct Part {
    std::size_t at = 0;
    std::size_t size = 0;
  };
  Part pickle{};
  std::vector<Part> buffers{};
  std::size_t total = 0;
};
PickleLayout lay_out_pickle(std::size_t pickle, std::span<const std::size_t> buffers);
void write_pickle_header(std::byte* to, const PickleLayout& layout) noexcept;
std::optional<PickleLayout> parse_pickle_header(std::span<const std::byte> payload);

}  // namespace ringmain::python
