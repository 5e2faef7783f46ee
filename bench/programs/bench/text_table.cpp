// SPDX-License-Identifier: MIT
#include "programs/bench/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "programs/bench/units.hpp"
#include "table.hpp"

namespace ringmain::bench {
namespace {

// How far the quartiles are from the median, about.
std::string spread_text(const Spread& spread) { return fmt::format("{:.0f} %", 50 * spread.width()); }

std::string name_of(const Entry& entry) {
  return entry.kind == Kind::kLimit ? fmt::format("limit: {}", entry.name) : entry.name;
}

void add_figures(const Result& result, const Entry& entry, std::vector<std::string>& row) {
  if (is_about_time(result.task.work)) {
    row.push_back(time_text(entry.ns.median));
  } else {
    row.push_back(rate_text(1e9 / entry.ns.median));
    row.push_back(throughput_text(static_cast<double>(result.task.payload.bytes) * 1e9 / entry.ns.median));
  }
  row.push_back(spread_text(entry.ns));
}

void add_comparison(const Entry& entry, bool with_limit, std::vector<std::string>& row) {
  const bool compared = entry.kind == Kind::kRival && entry.ring_faster;
  row.push_back(compared ? factor_text(entry.ring_faster->median) : "");
  if (with_limit) row.push_back(entry.kind == Kind::kLimit ? "" : percent_text(100 / entry.over_limit->median));
}

void add_percentiles(const Entry& entry, std::vector<std::string>& row) {
  const Percentiles& p = *entry.percentiles;
  const auto count = static_cast<double>(p.count);
  for (const auto& [ns, fraction] : {std::pair{p.p50, 0.5}, {p.p90, 0.9}, {p.p99, 0.99}, {p.p999, 0.999}}) {
    // With fewer values it would be the worst one, by another name.
    row.push_back(count * (1 - fraction) >= 1 ? time_text(ns) : "-");
  }
  row.push_back(time_text(p.max));
}

}  // namespace

Grid grid_of(const Result& result) {
  const auto& entries = result.entries;
  const bool time = is_about_time(result.task.work);
  const bool with_limit =
      std::any_of(entries.begin(), entries.end(), [](const Entry& e) { return e.kind == Kind::kLimit; });
  const bool with_calls =
      std::any_of(entries.begin(), entries.end(), [](const Entry& e) { return e.system_calls.has_value(); });
  Grid grid{{"carrier"}, {}};
  const auto head = [&](std::initializer_list<const char*> headings) {
    grid.headings.insert(grid.headings.end(), headings.begin(), headings.end());
  };
  if (time) head({">time"});
  if (!time) head({">messages", ">throughput"});
  head({">+-", ">ring is"});
  if (with_limit) head({">of limit"});
  if (time) head({">p50", ">p90", ">p99", ">p99.9", ">max"});
  head({">CPU s/M"});
  if (with_calls) head({">calls"});
  for (const Entry& entry : entries) {
    std::vector<std::string> row{name_of(entry)};
    add_figures(result, entry, row);
    add_comparison(entry, with_limit, row);
    if (time) add_percentiles(entry, row);
    row.push_back(three_digits(entry.cpu_ns / 1e3));
    if (with_calls) row.push_back(entry.system_calls ? three_digits(*entry.system_calls) : "");
    grid.rows.push_back(std::move(row));
  }
  return grid;
}

std::string text_of(const Result& result) {
  const Grid grid = grid_of(result);
  cli::Table table(grid.headings);
  for (const auto& row : grid.rows) table.add({row.begin(), row.end()});
  std::string text = fmt::format("\n{}\n", title(result.task));
  const std::string lines = table.text();
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t end = lines.find('\n', begin) + 1;
    text += "  " + lines.substr(begin, end - begin);
    begin = end;
  }
  for (const Skipped& skipped : result.skipped) text += fmt::format("  {} left out: {}\n", skipped.name, skipped.why);
  return text;
}

std::vector<std::string_view> legend() {
  return {
      "limit     the same work over plain shared memory (or a bare futex) with no protocol at all: the least that this "
      "machine needs",
      "time      of a message (round trip: there and back), the median of the rounds; p50 to max: of all single "
      "messages, "
      "exactly",
      "+-        how far half of the rounds lie from the median: below 10 % is steady",
      "ring is   so many times as fast as this carrier (the median of ratios formed round by round)",
      "of limit  speed as a share of the limit's",
      "CPU s/M   seconds of CPU that all processes together use for a million messages, waiting included",
      "calls     system calls of all processes together for one message",
  };
}

}  // namespace ringmain::bench
