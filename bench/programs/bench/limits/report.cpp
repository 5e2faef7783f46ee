// SPDX-License-Identifier: MIT
#include "programs/bench/limits/report.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace ringmain::bench {
namespace {

// Quartiles that are further apart than this mean that something disturbed the row.
constexpr double kDisturbed = 0.3;

// Three digits, whatever the size.
std::string short_number(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  if (value >= 10) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

std::string target_text(const Target& target) {
  const char* sense = target.sense == Target::Sense::kAtMost ? "<=" : ">=";
  return fmt::format("{} {:g} {}", sense, target.value, target.unit.empty() ? "x" : target.unit);
}

std::string ratio_text(const Spread& ratio) {
  return fmt::format("{:.2f} ({:.2f}..{:.2f})", ratio.median, ratio.low, ratio.high);
}

const char* name_of(LineKind kind) {
  switch (kind) {
    case LineKind::kLimit: return "limit";
    case LineKind::kRing: return "ring";
  }
  return "";
}

nlohmann::json to_json(const Spread& spread) {
  return {{"low", spread.low}, {"median", spread.median}, {"high", spread.high}};
}

}  // namespace

void print_header() {
  fmt::print("\n{:<52} {:>10} {:>10}  {:<20} {:>10}  {}\n", "", "limit", "ring", "ratio (quartiles)", "target", "met");
  fmt::print("{:─<118}\n", "");
}

void print_row(const Row& row, const RowResult& result, bool details) {
  const Line& limit = result.lines[result.limit];
  const Line& judged = result.lines[result.judged];
  fmt::print("{:<47} {:>4} {:>10} {:>10}  {:<20} {:>10}  {}{}\n", row.what, row.unit, short_number(limit.figure.median),
             short_number(judged.figure.median), row.target.unit.empty() ? ratio_text(judged.ratio) : "",
             target_text(row.target), row.target.met_by(judged_value(row, result)) ? "yes" : "NO",
             judged.ratio.width() > kDisturbed ? ", disturbed" : "");
  if (details) {
    for (const Line& line : result.lines) {
      fmt::print("    {:<5} {:<41} {:>10}  quartiles {} .. {}  ratio {}  {:.1f} preemptions a round\n",
                 name_of(line.kind), line.name, short_number(line.figure.median), short_number(line.figure.low),
                 short_number(line.figure.high), ratio_text(line.ratio), line.preemptions);
    }
  }
  std::fflush(stdout);
}

nlohmann::json to_json(const Row& row, const RowResult& result) {
  nlohmann::json lines = nlohmann::json::array();
  for (const Line& line : result.lines) {
    lines.push_back({{"name", line.name},
                     {"kind", name_of(line.kind)},
                     {"figure", to_json(line.figure)},
                     {"ratio", to_json(line.ratio)},
                     {"preemptions_per_round", line.preemptions}});
  }
  return {{"row", row.id},
          {"what", row.what},
          {"unit", row.unit},
          {"target", target_text(row.target)},
          {"met", row.target.met_by(judged_value(row, result))},
          {"limit", result.lines[result.limit].name},
          {"judged", result.lines[result.judged].name},
          {"lines", std::move(lines)}};
}

}  // namespace ringmain::bench
