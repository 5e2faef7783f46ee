// How ringmain top shows its rings: a line for each, below it one for each group and consumer. Text, not yet a screen.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "table.hpp"
#include "top_model.hpp"

namespace ringmain::cli {

struct TopView {
  std::string title;              // all rings, in a line
  std::vector<Table::Row> lines;  // the headings first
  std::size_t selected = 0;       // the line of the selected ring; 0: none
  std::size_t selected_end = 0;   // behind the lines of its groups and consumers
};

// As wide as `width`, if the notes at the end aren't longer.
TopView view_of(const TopModel& model, std::size_t width);

// For where there is no screen.
std::string text_of(const TopView& view);

}  // namespace ringmain::cli
