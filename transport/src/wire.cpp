// SPDX-License-Identifier: MIT
#include "wire.hpp"

#include <random>

namespace ringmain::transport {
namespace {

constexpr std::uint64_t kMagic = 0x31'6e69'616d'6772;  // "rgmain1"; the last digit is the protocol's version

}  // namespace

std::uint64_t random_stream() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::array<std::byte, kWordBytes + kControlBytes> control_frame(const Control& control) noexcept {
  std::array<std::byte, kWordBytes + kControlBytes> frame{};
  const std::span bytes(frame);
  const Envelope around = envelope(Framing::kWire, kControlLength, static_cast<std::uint16_t>(control.type));
  std::copy(around.before.begin(), around.before.end(), frame.begin());
  store_number(bytes.subspan(kWordBytes, 8), kMagic);
  store_number(bytes.subspan(kWordBytes + 8, 8), control.stream);
  store_number(bytes.subspan(kWordBytes + 16, 8), control.messages);
  return frame;
}

std::optional<Control> parse_control(std::uint16_t type, std::span<const std::byte> payload) noexcept {
  const bool known = type >= static_cast<std::uint16_t>(ControlType::kHello) &&
                     type <= static_cast<std::uint16_t>(ControlType::kConfirm);
  if (!known || payload.size() != kControlBytes || load_number(payload.first(8)) != kMagic) return std::nullopt;
  return Control{static_cast<ControlType>(type), load_number(payload.subspan(8, 8)),
                 load_number(payload.subspan(16, 8))};
}

}  // namespace ringmain::transport
