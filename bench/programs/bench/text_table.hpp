// A result as rows and columns of text: for the terminal and for the HTML page.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "programs/bench/result.hpp"

namespace ringmain::bench {

struct Grid {
  std::vector<std::string> headings;  // one that starts with '>' is of a column aligned to the right
  std::vector<std::vector<std::string>> rows;
};

Grid grid_of(const Result& result);

// The table with its title, and who was left out.
std::string text_of(const Result& result);

// What the columns mean.
std::vector<std::string_view> legend();

}  // namespace ringmain::bench
