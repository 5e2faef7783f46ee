// Medians and quartiles: a mean would hide the one round that something else disturbed.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

namespace ringmain::bench {

// The middle of several measurements and the quartiles around it.
struct Spread {
  double low = 0;
  double median = 0;
  double high = 0;

  // How far the quartiles are apart, as a part of the median: above about 0.2 something disturbed the run.
  double width() const noexcept { return median == 0 ? 0 : (high - low) / median; }
};

// With linear interpolation between neighbours; 0 for no values.
double quantile(std::vector<double> values, double fraction);
Spread spread(const std::vector<double>& values);

}  // namespace ringmain::bench
