// SPDX-License-Identifier: MIT
#include "delivery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "failure.hpp"

namespace ringmain::cli {
namespace {

constexpr std::size_t kLarge = std::size_t{32} << 10;  // from here on a copy costs more than a write of its own
constexpr std::array kNewline{std::byte{'\n'}};

std::array<std::byte, 4> prefix_of(std::size_t length) {
  if (length > std::numeric_limits<std::uint32_t>::max()) {
    throw Failure(Status::kTooLarge,
                  fmt::format("--frames: a message of {} bytes: a frame's length has 32 bits; use --raw", length));
  }
  std::array<std::byte, 4> prefix{};
  for (std::size_t i = 0; i < prefix.size(); ++i) prefix[i] = static_cast<std::byte>(length >> (8 * i) & 0xff);
  return prefix;
}

// As it is, if it is on one already; else without the space between its tokens. Newlines in strings are written \n.
std::string on_one_line(std::string_view json) {
  if (json.find_first_of("\n\r") == std::string_view::npos) return std::string(json);
  std::string line;
  bool in_string = false;
  bool escaped = false;
  for (const char c : json) {
    if (c == '"' && !escaped) in_string = !in_string;
    escaped = c == '\\' && !escaped;
    if (in_string || std::string_view(" \t\r\n").find(c) == std::string_view::npos) line += c;
  }
  return line;
}

// A JSON text, which may have been printed over several lines, on one.
std::string json_line_of(const Message& message) {
  const std::string_view text(reinterpret_cast<const char*>(message.bytes().data()), message.bytes().size());
  if (nlohmann::json::accept(text)) return on_one_line(text);
  if (!message.still_valid()) return {};  // torn, and so found out below
  throw Failure(Status::kBadFrame, fmt::format("the message at position {} is not JSON; without --json-lines it can be "
                                               "had as it is: --lines, --frames",
                                               message.position()));
}

}  // namespace

Destination::Outcome Delivery::take(Message& message, std::size_t at_most) {
  Output::Bytes bytes = message.bytes();
  if (framing_ == Framing::kRaw) bytes = bytes.first(std::min(at_most, bytes.size()));
  std::string line;
  if (framing_ == Framing::kJsonLines) {
    line = json_line_of(message);
    bytes = std::as_bytes(std::span(line));
  }
  Output::Parts parts{{{}, bytes, {}}};
  std::array<std::byte, 4> prefix{};
  if (framing_ == Framing::kFrames) {
    prefix = prefix_of(bytes.size());
    parts.front() = prefix;
  } else if (framing_ != Framing::kRaw) {
    parts.back() = kNewline;
  }
  if (manner_.in_place && bytes.size() >= kLarge) {
    output_.write_in_place(parts);
  } else {
    output_.add(parts);
    if (!message.still_valid()) {
      output_.discard();
      return Outcome::kTorn;
    }
    if (manner_.at_once) output_.flush();
  }
  message.release();
  return Outcome::kDone;
}

}  // namespace ringmain::cli
