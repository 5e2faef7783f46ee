// SPDX-License-Identifier: MIT
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ringmain::cli {

Table::Table(std::vector<std::string> headings) {
  rows_.emplace_back();
  for (std::string& heading : headings) {
    right_.push_back(heading.starts_with('>'));
    if (right_.back()) heading.erase(0, 1);
    rows_.back().emplace_back(std::move(heading), Colour::kBold);
  }
}

void Table::add(Row row) {
  row.resize(right_.size());
  rows_.push_back(std::move(row));
}

std::vector<Table::Row> Table::rows() const {
  std::vector<std::size_t> widths(right_.size());
  for (const Row& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].text.size());
  }
  std::vector<Row> padded = rows_;
  for (Row& row : padded) {
    while (!row.empty() && row.back().text.empty()) row.pop_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string& text = row[i].text;
      const bool last = i + 1 == row.size();
      if (right_[i]) text = fmt::format("{:>{}}", text, widths[i]);
      if (!last) text = fmt::format("{:<{}}  ", text, widths[i]);
    }
  }
  return padded;
}

std::string Table::text() const {
  std::string text;
  for (const Row& row : rows()) {
    for (const Cell& cell : row) text += paint(cell.text, cell.colour);
    text += '\n';
  }
  return text;
}

}  // namespace ringmain::cli
