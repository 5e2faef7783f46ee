// SPDX-License-Identifier: MIT
#include "prose.hpp"

#include <algorithm>

namespace ringmain::cli {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool is_prose(std::string_view line) { return !line.starts_with(' ') && line.find("  ") == std::string_view::npos; }

// Where the last column of a line begins; 0: it has none.
std::size_t last_column(std::string_view line) {
  const std::size_t gap = line.rfind("  ");
  const std::size_t begin = line.find_first_not_of(' ');
  return gap == std::string_view::npos || gap < begin ? 0 : gap + 2;
}

std::string kept(std::string_view line) {
  const std::size_t column = line.size() < kColumns ? 0 : last_column(line);
  if (column == 0) return std::string(line);
  return std::string(line.substr(0, column)) + filled(line.substr(column), column, column);
}

}  // namespace

std::vector<Block> blocks_of(std::string_view text) {
  std::vector<Block> blocks;
  bool apart = true;  // an empty line, or the beginning, is before this line
  for (const std::string_view line : lines_of(text)) {
    const auto kind = is_prose(line) ? Block::Kind::kProse : Block::Kind::kLines;
    if (line.empty()) {
      apart = true;
      continue;
    }
    if (apart || blocks.back().kind != kind) {
      blocks.push_back({kind, std::string(line)});
    } else {
      blocks.back().text.append(kind == Block::Kind::kProse ? " " : "\n").append(line);
    }
    apart = false;
  }
  return blocks;
}

std::string filled(std::string_view text, std::size_t column, std::size_t indent) {
  std::string result;
  bool first = true;  // of its line
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    if (!first && column + 1 + word.size() >= kColumns) {
      result.append("\n").append(indent, ' ');
      column = indent;
      first = true;
    }
    if (!first) result += ' ';
    result += word;
    column += word.size() + (first ? 0 : 1);
    first = false;
  }
  return result;
}

std::string laid_out(std::string_view text) {
  std::string result;
  std::string prose;
  const auto end_prose = [&] {
    if (!prose.empty()) result += filled(prose, 0, 0) + '\n';
    prose.clear();
  };
  for (const std::string_view line : lines_of(text)) {
    if (line.empty() || !is_prose(line)) {
      end_prose();
      result += kept(line) + '\n';
    } else {
      prose.append(prose.empty() ? "" : " ").append(line);
    }
  }
  end_prose();
  return result;
}

}  // namespace ringmain::cli
