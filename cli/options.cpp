// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <array>
#include <string_view>
#include <utility>

#include "colour.hpp"
#include "ringmain/segment.hpp"
#include "ringmain/transport/quantity.hpp"

namespace ringmain::cli {

std::string read_duration(const std::string& text, std::chrono::nanoseconds& duration) {
  const auto value = transport::parse_duration(text);
  if (!value) return fmt::format("'{}' is not a duration; write it like 500ms, 2s or forever", text);
  duration = *value;
  return {};
}

std::string read_size(const std::string& text, std::size_t& bytes) {
  const auto value = transport::parse_size(text);
  if (!value) return fmt::format("'{}' is not a size; write it like 65536, 64K, 8M or 1G", text);
  bytes = *value;
  return {};
}

std::string read_number(const std::string& text, std::uint64_t& number) {
  const auto value = transport::parse_number(text);
  if (!value) return fmt::format("'{}' is not a number", text);
  number = *value;
  return {};
}

std::string read_period(const std::string& text, std::chrono::nanoseconds& period) {
  const std::string wrong = read_duration(text, period);
  const bool possible = period.count() > 0 && period != kForever;
  return wrong.empty() && !possible ? fmt::format("'{}' is no time between two looks", text) : wrong;
}

std::string read_start(const std::string& text, Start& start) {
  if (text == "oldest" || text == "last" || text == "latest") {
    start = text == "oldest" ? Start::oldest() : text == "last" ? Start::last() : Start::latest();
    return {};
  }
  std::uint64_t position = 0;
  if (!read_number(text, position).empty()) return fmt::format("'{}' is not oldest, last, latest or a position", text);
  start = Start::at(position);
  return {};
}

std::string read_count(const std::string& text, std::uint64_t& count) {
  const std::string wrong = read_number(text, count);
  return wrong.empty() && count == 0 ? "must be at least 1" : wrong;
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
  CLI::Option* json =
      add("--json-lines", Framing::kJsonLines, "A message is a JSON text on a line; anything else is refused");
  raw->excludes(lines)->excludes(frames)->excludes(json);
  lines->excludes(frames)->excludes(json);
  frames->excludes(json);
}

void add_spin(CLI::App& parser, std::chrono::nanoseconds& spin) {
  const auto read = [&spin](const std::string& text) { return read_duration(text, spin); };
  add_value(parser, {"--spin", "DURATION", read}, "How long to spin before sleeping, or 'forever' [default: 20us]");
}

void add_limits(CLI::App& parser, Limits& limits, bool exactly) {
  const auto count = [&limits](const std::string& text) { return read_count(text, limits.messages); };
  const auto bytes = [&limits](const std::string& text) { return read_size(text, limits.bytes); };
  add_value(parser, {"--count", "N", count}, "End after so many messages");
  add_value(parser, {"--bytes", "SIZE", bytes},
            exactly ? "End after so many bytes: exactly with --raw, else with a whole message"
                    : "End after so many bytes, with a whole message");
}

void add_rate(CLI::App& parser, transport::Rate& rate) {
  const auto read = [&rate](const std::string& text) -> std::string {
    const auto value = transport::parse_rate(text);
    if (!value)
      return fmt::format("'{}' is not a rate; write it like 1000 (messages a second) or 8M (bytes a second)", text);
    rate = *value;
    return {};
  };
  add_value(parser, {"--rate", "RATE", read}, "No faster than 1000 (messages a second), or 64K, 8M (bytes a second)");
}

void add_colour(CLI::App& root) {
  const auto read = [](const std::string& text) -> std::string {
    constexpr std::array<std::pair<std::string_view, ColourWish>, 3> kWishes{
        {{"auto", ColourWish::kAuto}, {"always", ColourWish::kAlways}, {"never", ColourWish::kNever}}};
    for (const auto& [name, wish] : kWishes) {
      if (name == text) return wish_for_colour(wish), std::string{};
    }
    return fmt::format("'{}' is not auto, always or never", text);
  };
  add_value(root, {"--color", "WHEN", read}, "Colours: auto, always or never [default: auto]");
}

}  // namespace ringmain::cli
