// Text for --help and the manual pages: prose that is filled to the width, and what keeps its lines.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ringmain::cli {

inline constexpr std::size_t kColumns = 80;  // of a terminal; a line has one less

// A stretch of a footer. Lines that begin with a space, and those in columns (with two spaces somewhere), are kept as
// they are; all else is prose. A line break inside prose is as good as a space.
struct Block {
  enum class Kind { kProse, kLines } kind;
  std::string text;  // without the newline at its end
};
std::vector<Block> blocks_of(std::string_view text);

// `text` in lines of at most kColumns - 1. The first begins in column `column`, all others are indented to `indent`.
std::string filled(std::string_view text, std::size_t column, std::size_t indent);

// A footer as --help shows it. A line in columns that is too long goes on below its last column.
std::string laid_out(std::string_view text);

}  // namespace ringmain::cli
