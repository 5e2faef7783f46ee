// SPDX-License-Identifier: MIT
#include "suggestion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

namespace ringmain::cli {
namespace {

// How many letters were left out, added, taken for another, or swapped with the next one.
std::size_t mistakes(std::string_view one, std::string_view other) {
  std::vector<std::vector<std::size_t>> table(one.size() + 1, std::vector<std::size_t>(other.size() + 1));
  for (std::size_t i = 0; i <= one.size(); ++i) {
    for (std::size_t j = 0; j <= other.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      const std::size_t changed = one[i - 1] == other[j - 1] ? 0 : 1;
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + changed});
      const bool swapped = i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
      if (swapped) table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[one.size()][other.size()];
}

}  // namespace

std::string suggestion(std::string_view typed, const std::vector<std::string>& candidates) {
  typed = typed.substr(0, 64);  // nothing is longer, and a table is made of it
  const std::string* nearest = nullptr;
  std::size_t least = 0;
  for (const std::string& candidate : candidates) {
    const bool begun = typed.size() >= 3 && candidate.starts_with(typed);
    const std::size_t count = begun ? 1 : mistakes(typed, candidate);
    // A third of the letters, no more: else any short word is near to any other.
    if (count > std::max<std::size_t>(1, candidate.size() / 3) || count >= candidate.size()) continue;
    if (nearest == nullptr || count < least) {
      nearest = &candidate;
      least = count;
    }
  }
  return nearest == nullptr ? std::string() : fmt::format("; did you mean '{}'?", *nearest);
}

}  // namespace ringmain::cli
