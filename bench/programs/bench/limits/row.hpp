// One row of the report: what is measured, against what, and what is wanted.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "harness/statistics.hpp"

namespace ringmain::bench {

enum class LineKind : std::uint8_t { kLimit, kRing };

// One contestant, measured.
struct Line {
  std::string name;
  LineKind kind = LineKind::kRing;
  Spread figure{};  // in the row's unit
  Spread ratio{};   // figure by the limit's figure, formed round by round
  double preemptions = 0;
};

struct Target {
  enum class Sense : unsigned char { kAtMost, kAtLeast };
  Sense sense = Sense::kAtMost;
  double value = 0;
  std::string unit;  // empty: a ratio

  bool met_by(double value_found) const noexcept {
    return sense == Sense::kAtMost ? value_found <= value : value_found >= value;
  }
};

struct RowResult {
  std::vector<Line> lines;  // limits first
  std::size_t limit = 0;    // the fastest of them, which the ratios are formed with
  std::size_t judged = 0;   // the line that the target is about
};

struct Settings {
  std::size_t rounds = 15;
  double seconds = 4;  // for each row
};

struct Row {
  std::string id;
  std::string what;
  std::string unit;
  Target target;
  std::function<RowResult(const Settings&)> measure;
};

// What the target is about: a ratio, or the figure itself if the target has a unit.
inline double judged_value(const Row& row, const RowResult& result) {
  const Line& line = result.lines[result.judged];
  return row.target.unit.empty() ? line.ratio.median : line.figure.median;
}

std::vector<Row> contest_rows();   // carriers in a contest
std::vector<Row> incident_rows();  // a death, an idle consumer

}  // namespace ringmain::bench
