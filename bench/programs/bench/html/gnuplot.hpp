// Pictures by gnuplot, as SVG to be put into a page.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringmain::bench {

struct Curve {
  std::string name;
  std::string colour;  // "#rrggbb"
  bool dashed = false;
  std::vector<std::pair<double, double>> points{};
};

struct Plot {
  std::string x_label;
  std::string y_label;
  std::string settings;  // further gnuplot commands: tics, ranges
  std::string style;     // gnuplot's: lines, linespoints
  std::vector<Curve> curves{};
};

// Both axes logarithmic. An <svg> element. Throws when gnuplot isn't there or complains.
std::string draw(const Plot& plot);

}  // namespace ringmain::bench
