// SPDX-License-Identifier: MIT
#include "message_text.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "colour.hpp"
#include "printable.hpp"
#include "statistics_text.hpp"

namespace ringmain::cli {
namespace {

constexpr std::size_t kBytesInLine = 16;

bool is_cut(const Sample& sample) { return sample.shown.size() < sample.bytes; }

// A character that the cut went through is not held against it.
std::string_view readable_part(const Sample& sample) {
  return is_cut(sample) ? whole_characters(sample.shown) : std::string_view(sample.shown);
}

std::string header_of(const Sample& sample) {
  std::string text = fmt::format("position {}, {} byte{}", sample.position, sample.bytes, sample.bytes == 1 ? "" : "s");
  if (is_cut(sample)) text += fmt::format(" ({} shown)", sample.shown.size());
  if (sample.type != 0) text += fmt::format(", type {}", sample.type);
  text = paint(text + ", " + clock_time(sample.received), Colour::kDim);
  if (sample.lost > 0) text += ", " + paint(fmt::format("{} lost before it", sample.lost), Colour::kRed);
  return text + "\n";
}

std::string text_lines_of(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines += "  " + printable_line(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string hex_line(std::size_t offset, std::string_view bytes) {
  std::string hex;
  std::string characters;
  for (const char byte : bytes) {
    hex += fmt::format("{:02x} ", static_cast<unsigned char>(byte));
    characters += byte >= ' ' && byte <= '~' ? byte : '.';
  }
  return fmt::format("  {:06x}  {:<{}} |{}|\n", offset, hex, 3 * kBytesInLine, characters);
}

std::string hex_lines_of(std::string_view bytes) {
  std::string lines;
  for (std::size_t at = 0; at < bytes.size(); at += kBytesInLine) lines += hex_line(at, bytes.substr(at, kBytesInLine));
  return lines;
}

std::string json_line_of(const Sample& sample) {
  nlohmann::ordered_json json = {{"position", sample.position},
                                 {"bytes", sample.bytes},
                                 {"type", sample.type},
                                 {"lost", sample.lost},
                                 {"received", utc_time(sample.received)},
                                 {"shown_bytes", sample.shown.size()}};
  if (is_text(readable_part(sample))) {
    json["text"] = readable_part(sample);
  } else {
    std::string hex;
    for (const char byte : sample.shown) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    json["hex"] = hex;
  }
  return text_of(json, -1);
}

}  // namespace

std::string text_of(const Sample& sample, Notation notation) {
  if (notation == Notation::kJson) return json_line_of(sample);
  if (notation == Notation::kReadable) {
    notation = is_text(readable_part(sample)) ? Notation::kText : Notation::kHex;
  }
  return header_of(sample) +
         (notation == Notation::kText ? text_lines_of(readable_part(sample)) : hex_lines_of(sample.shown));
}

}  // namespace ringmain::cli
