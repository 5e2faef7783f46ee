// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "ringmain/segment.hpp"

namespace ringmain::cli {
namespace {

// A number and what stands behind it. Nothing: no number.
template <class Number>
std::optional<std::pair<Number, std::string_view>> split(const std::string& text) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc{}) return std::nullopt;
  return std::pair(value, std::string_view(parsed.ptr, end));
}

std::optional<std::size_t> size_of(const std::string& text) {
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

std::optional<std::chrono::nanoseconds> duration_of(const std::string& text) {
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

}  // namespace

std::string read_duration(const std::string& text, std::chrono::nanoseconds& duration) {
  const auto value = duration_of(text);
  if (!value) return fmt::format("'{}' is not a duration; write it like 500ms, 2s or forever", text);
  duration = *value;
  return {};
}

std::string read_size(const std::string& text, std::size_t& bytes) {
  const auto value = size_of(text);
  if (!value) return fmt::format("'{}' is not a size; write it like 65536, 64K, 8M or 1G", text);
  bytes = *value;
  return {};
}

std::string read_number(const std::string& text, std::uint64_t& number) {
  const auto parts = split<std::uint64_t>(text);
  if (!parts || !parts->second.empty()) return fmt::format("'{}' is not a number", text);
  number = parts->first;
  return {};
}

CLI::Option* add_value(CLI::App& parser, const Value& value, const std::string& description) {
  return parser.add_option(value.option, description)->type_name(value.type)->check(value.read);
}

void add_name(CLI::App& parser, std::string& name) {
  parser.add_option("NAME", name, "The ring: letters, digits, '.', '_' and '-'")->required()->type_name({});
}

void add_directory(CLI::App& parser, std::filesystem::path& directory) {
  const auto read = [&directory](const std::string& text) {
    directory = text;
    return std::string{};
  };
  add_value(parser, {"--dir", "DIR", read}, "Where the rings are [default: $RINGMAIN_DIR, else /dev/shm]");
}

void add_framing(CLI::App& parser, Framing& framing) {
  const auto add = [&](const std::string& name, Framing value, const std::string& description) {
    return parser
        .add_flag_callback(
            name, [&framing, value] { framing = value; }, description)
        ->group("Framing");
  };
  CLI::Option* raw = add("--raw", Framing::kRaw, "Bytes as they come [default]");
  CLI::Option* lines = add("--lines", Framing::kLines, "A message is a line, without its newline in the ring");
  CLI::Option* frames = add("--frames", Framing::kFrames, "A message has its length before it: 32 bits, little-endian");
  raw->excludes(lines)->excludes(frames);
  lines->excludes(frames);
}

void add_spin(CLI::App& parser, std::chrono::nanoseconds& spin) {
  const auto read = [&spin](const std::string& text) { return read_duration(text, spin); };
  add_value(parser, {"--spin", "DURATION", read}, "How long to spin before sleeping, or 'forever' [default: 20us]");
}

}  // namespace ringmain::cli
