// Measured values as people read them: three digits and a unit that suits.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace ringmain::bench {

std::string three_digits(double value);                // "0.123", "12.3", "123", "12300"
std::string time_text(double ns);                      // "98.2 ns", "12.3 us", "1.2 ms"
std::string rate_text(double per_second);              // "270 M/s", "12.3 k/s"
std::string throughput_text(double bytes_per_second);  // "44.1 GB/s"
std::string factor_text(double factor);                // "57.3 x", "1.20 x"
std::string percent_text(double percent);              // "42 %", "3.8 %", "0.15 %"

}  // namespace ringmain::bench
