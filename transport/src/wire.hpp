// What Ringmain's own ends say to each other besides messages.
//
// A sender begins with a hello: this stream's random identity, and how many messages of it were sent before (over
// connections that broke). So the receiver knows exactly how many it missed. It ends with an end, and the number of all
// messages. A stream that stops without one was abandoned. The receiver of a connection answers the end by a confirmation:
// the only thing that it ever says.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "framing.hpp"

namespace ringmain::transport {

enum class ControlType : std::uint16_t { kHello = 1, kEnd = 2, kConfirm = 3 };

struct Control {
  ControlType type;
  std::uint64_t stream;
  std::uint64_t messages;
};

std::uint64_t random_stream();

std::array<std::byte, kWordBytes + kControlBytes> control_frame(const Control& control) noexcept;

// Of a control frame's type and payload. Nothing: it isn't one.
std::optional<Control> parse_control(std::uint16_t type, std::span<const std::byte> payload) noexcept;

}  // namespace ringmain::transport
