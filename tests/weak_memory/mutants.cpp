// SPDX-License-Identifier: MIT
#include "weak_memory/mutants.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>
#include <vector>

namespace ringmain::testing {

namespace {

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::ifstream source(path);
  for (std::string line; std::getline(source, line);) lines.push_back(line);
  return lines;
}

bool is_comment(const std::string& line) {
  const auto first = line.find_first_not_of(' ');
  return first != std::string::npos && line.compare(first, 2, "//") == 0;
}

}  // namespace

Lines lines_with(const std::string& text, const std::string& file) {
  Lines found;
  for (const auto& header : std::filesystem::directory_iterator(RINGMAIN_ALGORITHM)) {
    const std::string name = header.path().filename();
    if (!file.empty() && name != file) continue;
    int number = 0;
    for (const std::string& line : read_lines(header.path())) {
      ++number;
      if (line.find(text) != std::string::npos) found.emplace(name, number);
    }
  }
  if (found.empty()) throw std::runtime_error("the algorithm has no line with " + text);
  return found;
}

Lines lines_of(const std::string& label) {
  Lines found;
  for (const auto& [name, number] : lines_with("// [" + label + "]")) {
    const auto lines = read_lines(std::filesystem::path(RINGMAIN_ALGORITHM) / name);
    auto at = static_cast<std::size_t>(number) - 1;
    while (at < lines.size() && is_comment(lines[at])) ++at;
    found.emplace(name, static_cast<int>(at) + 1);
  }
  return found;
}

Lines both(Lines lines, const Lines& more) {
  lines.insert(more.begin(), more.end());
  return lines;
}

Mutant without(const std::string& label) { return without(label, lines_of(label)); }
Mutant without(std::string name, Lines lines) { return {std::move(name), {.weakened = std::move(lines)}}; }
Mutant without_store_load(const std::string& label) {
  return {label + " without StoreLoad", {.overtaken = lines_of(label)}};
}
Mutant sinking(std::string name, Lines lines) { return {std::move(name), {.sinking = std::move(lines)}}; }
Mutant without_membarrier(const std::string& label) { return {label, {.lazy = label}}; }

}  // namespace ringmain::testing
