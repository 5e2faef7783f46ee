// Text in columns.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace ringmain::cli {

class Table {
 public:
  // A heading that starts with '>' is of a column that is aligned to the right.
  explicit Table(std::vector<std::string> headings);

  void add(std::vector<std::string> row);  // what is missing at its end is empty
  std::string text() const;

 private:
  std::vector<bool> right_;
  std::vector<std::vector<std::string>> rows_;  // the headings first
};

}  // namespace ringmain::cli
