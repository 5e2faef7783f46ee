// Sizes and spans of time, as people write them.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ringmain/transport/pacer.hpp"

namespace ringmain::transport {

// Nothing: that is none.
std::optional<std::size_t> parse_size(std::string_view text);  // 65536, 64K, 8M, 1GiB; bytes, at least 1
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);  // 500ms, 2s, 1.5h, 0, forever
std::optional<std::uint64_t> parse_number(std::string_view text);               // decimal
std::optional<Rate> parse_rate(std::string_view text);  // a second: 1000 messages, or a size with its unit: 64K, 8MiB

}  // namespace ringmain::transport
