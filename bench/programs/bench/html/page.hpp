// A run as one HTML page that needs nothing else: no network, no other file.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "programs/bench/run.hpp"

namespace ringmain::bench {

// Throws when gnuplot, which draws the pictures, fails.
std::string html_page(const Run& run);

}  // namespace ringmain::bench
