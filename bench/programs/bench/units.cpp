// SPDX-License-Identifier: MIT
#include "programs/bench/units.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace ringmain::bench {
namespace {

using Unit = std::pair<double, std::string_view>;

template <std::size_t kCount>
std::string in_units(double value, const std::array<Unit, kCount>& units) {
  for (const auto& [size, name] : units) {
    // What would be rounded up to the next unit is written in it.
    if (value >= 0.9995 * size) return fmt::format("{} {}", three_digits(value / size), name);
  }
  return fmt::format("{} {}", three_digits(value / units.back().first), units.back().second);
}

}  // namespace

std::string three_digits(double value) {
  if (value >= 99.95) return fmt::format("{:.0f}", value);
  if (value >= 9.995) return fmt::format("{:.1f}", value);
  if (value >= 0.9995 || value == 0) return fmt::format("{:.2f}", value);
  return fmt::format("{:.2g}", value);
}

std::string time_text(double ns) {
  return in_units(ns, std::array{Unit{1e9, "s"}, Unit{1e6, "ms"}, Unit{1e3, "us"}, Unit{1, "ns"}});
}

std::string rate_text(double per_second) {
  return in_units(per_second, std::array{Unit{1e6, "M/s"}, Unit{1e3, "k/s"}, Unit{1, "/s"}});
}

std::string throughput_text(double bytes_per_second) {
  return in_units(bytes_per_second, std::array{Unit{1e9, "GB/s"}, Unit{1e6, "MB/s"}, Unit{1e3, "kB/s"}});
}

std::string percent_text(double percent) {
  return percent >= 9.95 ? fmt::format("{:.0f} %", percent) : fmt::format("{:.2g} %", percent);
}

std::string factor_text(double factor) { return three_digits(factor) + " x"; }

}  // namespace ringmain::bench
