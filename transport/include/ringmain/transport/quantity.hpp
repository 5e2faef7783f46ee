// Sizes and spans of time, as people write them.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringmain::transport {

// Nothing: that is none.
std::optional<std::size_t> parse_size(std::string_view text);  // 65536, 64K, 8M, 1GiB; bytes, at least 1
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);  // 500ms, 2s, 1.5h, 0, forever
std::optional<std::uint64_t> parse_number(std::string_view text);               // decimal

}  // namespace ringmain::transport
