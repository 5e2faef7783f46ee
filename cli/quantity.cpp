// SPDX-License-Identifier: MIT
#include "quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include "ringmain/segment.hpp"

namespace ringmain::cli {
namespace {

constexpr std::string_view kPrefixes = " KMGTPE";

}  // namespace

std::string human_bytes(std::uint64_t bytes) { return human_bytes(static_cast<double>(bytes)); }

std::string human_bytes(double value) {
  if (value < 1023.95) return fmt::format("{:.0f} B", value);
  std::size_t prefix = 0;
  for (; value >= 1023.95; value /= 1024) ++prefix;
  return fmt::format("{:.1f} {}iB", value, kPrefixes[prefix]);
}

std::string human_duration(std::chrono::nanoseconds duration) {
  if (duration == kForever) return "forever";
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 5> kUnits{
      {{3'600'000'000'000, "h"}, {1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};
  for (const auto& [nanoseconds, unit] : kUnits) {
    if (duration.count() % nanoseconds == 0) return fmt::format("{} {}", duration.count() / nanoseconds, unit);
  }
  return {};
}

std::string human_age(std::chrono::nanoseconds age) {
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 3> kUnits{{{86'400, "d"}, {3'600, "h"}, {60, "min"}}};
  const std::int64_t seconds = std::max<std::int64_t>(age.count() / 1'000'000'000, 0);
  for (const auto& [unit, name] : kUnits) {
    if (seconds >= unit) return fmt::format("{} {}", seconds / unit, name);
  }
  return fmt::format("{} s", seconds);
}

std::string human_count(double count) {
  if (count < 9.95 && count != std::floor(count)) return fmt::format("{:.1f}", count);
  if (count < 999.5) return fmt::format("{:.0f}", count);
  constexpr std::string_view kThousands = "kMGTPE";
  std::size_t prefix = 0;
  for (count /= 1000; count >= 999.95 && prefix + 1 < kThousands.size(); count /= 1000) ++prefix;
  return fmt::format("{:.1f} {}", count, kThousands[prefix]);
}

std::string size_option(std::uint64_t bytes) {
  std::size_t prefix = 0;
  for (; bytes >= 1024 && bytes % 1024 == 0; bytes /= 1024) ++prefix;
  return prefix == 0 ? fmt::format("{}", bytes) : fmt::format("{}{}", bytes, kPrefixes[prefix]);
}

}  // namespace ringmain::cli
