// SPDX-License-Identifier: MIT
#include "quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace ringmain::cli {
namespace {

constexpr std::string_view kPrefixes = " KMGTPE";

}  // namespace

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto value = static_cast<double>(bytes);
  std::size_t prefix = 0;
  for (; value >= 1023.95; value /= 1024) ++prefix;
  return fmt::format("{:.1f} {}iB", value, kPrefixes[prefix]);
}

std::string human_duration(std::chrono::nanoseconds duration) {
  if (duration == std::chrono::nanoseconds::max()) return "forever";
  constexpr std::array<std::pair<std::int64_t, std::string_view>, 5> kUnits{
      {{3'600'000'000'000, "h"}, {1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "us"}, {1, "ns"}}};
  for (const auto& [nanoseconds, unit] : kUnits) {
    if (duration.count() % nanoseconds == 0) return fmt::format("{} {}", duration.count() / nanoseconds, unit);
  }
  return {};
}

std::string size_option(std::uint64_t bytes) {
  std::size_t prefix = 0;
  for (; bytes >= 1024 && bytes % 1024 == 0; bytes /= 1024) ++prefix;
  return prefix == 0 ? fmt::format("{}", bytes) : fmt::format("{}{}", bytes, kPrefixes[prefix]);
}

}  // namespace ringmain::cli
