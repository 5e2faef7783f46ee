// The handle of a consumer in C.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <utility>

#include "ringmain/consumer.hpp"

struct ringmain_consumer final : ringmain::Consumer {
  explicit ringmain_consumer(ringmain::Consumer&& made) noexcept : Consumer(std::move(made)) {}

  std::optional<ringmain::Message> borrowed{};
  std::optional<ringmain::Pollable> polled{};
};
