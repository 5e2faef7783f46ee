// SPDX-License-Identifier: MIT
#include "ringmain/transport/quantity.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "ringmain/segment.hpp"

namespace ringmain::transport {
namespace {

// A number and what stands behind it. Nothing: no number.
template <class Number>
std::optional<std::pair<Number, std::string_view>> split(std::string_view text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return std::pair(value, std::string_view(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr)));
}

}  // namespace

std::optional<std::size_t> parse_size(std::string_view text) {
  constexpr std::string_view kPrefixes = "KMGT";
  const auto parts = split<std::size_t>(text);
  if (!parts) return std::nullopt;
  const auto [value, unit] = *parts;
  const std::size_t prefix = unit.empty() ? 0 : kPrefixes.find(unit.front()) + 1;
  const bool known = unit.empty() || (prefix != 0 && (unit.size() == 1 || unit.substr(1) == "iB"));
  const std::size_t bytes = value << 10 * prefix;
  if (!known || value == 0 || bytes >> 10 * prefix != value) return std::nullopt;
  return bytes;
}

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 6> kUnits{
      {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}}};
  if (text == "forever") return kForever;
  if (text == "0") return std::chrono::nanoseconds{0};
  const auto parts = split<double>(text);
  if (!parts) return std::nullopt;
  for (const auto& [unit, nanoseconds] : kUnits) {
    const double value = parts->first * nanoseconds;
    if (parts->second != unit || !(value >= 0)) continue;
    if (value >= static_cast<double>(kForever.count())) return kForever;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(value));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const auto parts = split<std::uint64_t>(text);
  if (!parts || !parts->second.empty()) return std::nullopt;
  return parts->first;
}

std::optional<Rate> parse_rate(std::string_view text) {
  if (const auto messages = split<double>(text); messages && messages->second.empty() && messages->first > 0) {
    return Rate{.messages = messages->first};
  }
  const auto bytes = parse_size(text);
  return bytes ? std::optional(Rate{.bytes = static_cast<double>(*bytes)}) : std::nullopt;
}

}  // namespace ringmain::transport
