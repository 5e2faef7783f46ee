// SPDX-License-Identifier: MIT
#include "delivery.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>

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

}  // namespace

bool Delivery::deliver(Message& message) {
  const Output::Bytes bytes = message.bytes();
  Output::Parts parts{{{}, bytes, {}}};
  std::array<std::byte, 4> prefix{};
  if (framing_ == Framing::kFrames) {
    prefix = prefix_of(bytes.size());
    parts.front() = prefix;
  } else if (framing_ == Framing::kLines) {
    parts.back() = kNewline;
  }
  if (manner_.in_place && bytes.size() >= kLarge) {
    output_.write_in_place(parts);
  } else {
    output_.add(parts);
    if (!message.still_valid()) {
      output_.discard();
      ++torn_;
      return false;
    }
    if (manner_.at_once) output_.flush();
  }
  message.release();
  return true;
}

}  // namespace ringmain::cli
