// ringmain hz: how many messages a ring carries.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <thread>

#include "commands.hpp"
#include "frequency.hpp"
#include "output.hpp"
#include "quantity.hpp"
#include "table.hpp"

namespace ringmain::cli {
namespace {

struct Hz {
  std::string name;
  std::filesystem::path directory;
  std::chrono::nanoseconds every = std::chrono::seconds(1);
  std::uint64_t count = 0;  // 0: for ever
};

constexpr const char* kHzFooter =
    "Counts exactly, by the ring's own counters: it doesn't attach, and disturbs nobody. The mean is of the whole\n"
    "time, min and max are of the spans so far. Ends with 0 when the ring is removed.\n"
    "\n"
    "Examples:\n"
    "  ringmain hz numbers\n"
    "  ringmain hz numbers --every 100ms --count 10\n";

// Nothing: it was removed.
std::optional<Statistics> look(const Hz& hz) {
  try {
    return statistics(hz.name, hz.directory);
  } catch (const Error& error) {
    if (error.status() != Status::kNotFound) throw;
    return std::nullopt;
  }
}

template <class Shown>
void add(Table& table, const char* what, const Course& course, const Shown& shown) {
  table.add({what, shown(course.now), shown(course.mean), shown(course.min), shown(course.max)});
}

std::string frequency_text(const Frequency& frequency) {
  const auto bytes = [](double count) { return human_bytes(count); };
  Table table({"", ">NOW", ">MEAN", ">MIN", ">MAX"});
  add(table, "messages/s", frequency.messages(), human_count);
  add(table, "bytes/s", frequency.bytes(), bytes);
  if (frequency.size()) {
    add(table, "mean size", *frequency.size(), bytes);
  } else {
    table.add({"mean size", "-", "-", "-", "-"});
  }
  return table.text();
}

int follow(const Hz& hz) {
  using Clock = std::chrono::steady_clock;
  Frequency frequency(statistics(hz.name, hz.directory), Clock::now());
  for (std::uint64_t spans = 0; hz.count == 0 || spans < hz.count; ++spans) {
    std::this_thread::sleep_for(hz.every);
    const auto ring = look(hz);
    if (!ring || !frequency.look(*ring, Clock::now())) break;
    print((spans > 0 ? "\n" : "") + frequency_text(frequency));
  }
  return 0;
}

}  // namespace

Command add_hz(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("hz", "Tell how many messages a ring carries");
  parser.footer(kHzFooter);
  auto hz = std::make_shared<Hz>();
  add_name(parser, hz->name);
  add_directory(parser, hz->directory);
  const auto every = [hz](const std::string& text) { return read_period(text, hz->every); };
  add_value(parser, {"--every", "DURATION", every}, "How often to tell [default: 1s]");
  const auto count = [hz](const std::string& text) { return read_count(text, hz->count); };
  add_value(parser, {"--count", "N", count}, "End after having told so many times");
  return {&parser, [hz] { return follow(*hz); }};
}

}  // namespace ringmain::cli
