// SPDX-License-Identifier: MIT
#include "printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace ringmain::cli {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// Controls, what turns the direction of text, separates lines, joins or is invisible; and what is no character.
constexpr std::array<Range, 9> kUnseen{{{0x00, 0x1f},
                                        {0x7f, 0x9f},
                                        {0x61c, 0x61c},
                                        {0x200b, 0x200f},
                                        {0x2028, 0x202e},
                                        {0x2060, 0x206f},
                                        {0xd800, 0xdfff},
                                        {0xfeff, 0xfeff},
                                        {0xe0000, 0xe0fff}}};

// The bytes that the first one announces; 0: it begins no character.
std::size_t announced(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

bool continues(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// The bytes of the character that `text`, which isn't empty, begins with; 0: it is none, or one that isn't seen.
std::size_t seen(std::string_view text) {
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};  // what so many bytes are needed for
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = announced(first);
  if (size == 0 || size > text.size()) return 0;
  std::uint32_t code = size == 1 ? first : first & (0x7fU >> size);
  for (const char byte : text.substr(1, size - 1)) {
    if (!continues(byte)) return 0;
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3fU);
  }
  if (code < kLeast[size] || code > 0x10ffff) return 0;
  const bool unseen = std::any_of(kUnseen.begin(), kUnseen.end(),
                                  [&](Range range) { return range.first <= code && code <= range.last; });
  return unseen ? 0 : size;
}

std::string escaped(char byte) {
  return byte == '\t' ? "\\t" : fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
}

}  // namespace

std::string printable(std::string_view name) {
  std::string shown;
  for (const char byte : name) {
    const bool plain = byte >= ' ' && byte <= '~';
    shown += plain ? std::string(1, byte) : escaped(byte);
  }
  return shown;
}

bool is_plain_name(std::string_view name) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !name.empty() && name.front() != '-' && name.find_first_not_of(kPlain) == std::string_view::npos;
}

std::string printable_line(std::string_view line) {
  std::string shown;
  while (!line.empty()) {
    const std::size_t size = seen(line);
    shown += size == 0 ? escaped(line.front()) : std::string(line.substr(0, size));
    line.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return shown;
}

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t size = bytes.front() == '\n' || bytes.front() == '\t' ? 1 : seen(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

std::string_view whole_characters(std::string_view bytes) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
    const std::size_t at = bytes.size() - back;
    if (continues(bytes[at])) continue;
    return announced(static_cast<unsigned char>(bytes[at])) > back ? bytes.substr(0, at) : bytes;
  }
  return bytes;
}

}  // namespace ringmain::cli
