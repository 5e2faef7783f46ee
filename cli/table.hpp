// Text in columns.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "colour.hpp"

namespace ringmain::cli {

struct Cell {
  Cell(std::string content = {}, Colour painted = Colour::kPlain) : text(std::move(content)), colour(painted) {}
  Cell(const char* content) : text(content) {}

  std::string text;
  Colour colour = Colour::kPlain;
};

class Table {
 public:
  using Row = std::vector<Cell>;

  // A heading that starts with '>' is of a column that is aligned to the right.
  explicit Table(std::vector<std::string> headings);

  void add(Row row);  // what is missing at its end is empty

  std::vector<Row> rows() const;  // the headings first; cells as wide as their columns, with what stands between
  std::string text() const;       // the same, painted, in lines

 private:
  std::vector<bool> right_;
  std::vector<Row> rows_;  // the headings first
};

}  // namespace ringmain::cli
