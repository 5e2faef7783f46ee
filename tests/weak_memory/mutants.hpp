// What is broken on purpose: an order of the shipped algorithm, found by its label in the comments of its headers.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "weak_memory/model.hpp"

namespace ringmain::testing {

struct Mutant {
  std::string name;
  model::Mutation mutation;
};

// The lines of the algorithm that contain `text`, and are in `file` if one is given.
inline model::Mutation::Lines lines_with(std::string_view text, std::string_view file = "") {
  model::Mutation::Lines found;
  for (const auto& header : std::filesystem::directory_iterator(RINGMAIN_ALGORITHM)) {
    const std::string name = header.path().filename();
    if (!file.empty() && name != file) continue;
    std::ifstream source(header.path());
    std::string line;
    for (int number = 1; std::getline(source, line); ++number) {
      if (line.find(text) != std::string::npos) found.emplace(name, number);
    }
  }
  if (found.empty()) throw std::runtime_error("the algorithm has no line with " + std::string(text));
  return found;
}

// The lines that a label speaks of: its own, or the first line of code below its comment.
inline model::Mutation::Lines lines_of(const std::string& label, std::string_view file = "") {
  model::Mutation::Lines found;
  for (const auto& [name, first] : lines_with("// [" + label + "]", file)) {
    std::ifstream source(std::filesystem::path(RINGMAIN_ALGORITHM) / name);
    std::string line;
    int number = 0;
    while (std::getline(source, line)) {
      if (++number >= first && !std::regex_match(line, std::regex(" *//.*"))) break;
    }
    found.emplace(name, number);
  }
  return found;
}

inline model::Mutation::Lines both(model::Mutation::Lines lines, const model::Mutation::Lines& more) {
  lines.insert(more.begin(), more.end());
  return lines;
}

// Without what a label asks for: loads and stores relaxed, exchanges without their release, fences gone.
inline Mutant without(const std::string& label) { return {label, {.weakened = lines_of(label)}}; }
inline Mutant without(std::string name, model::Mutation::Lines lines) {
  return {std::move(name), {.weakened = std::move(lines)}};
}
// A full fence that orders everything but a load behind a store.
inline Mutant without_store_load(const std::string& label) {
  return {label + " without StoreLoad", {.overtaken = lines_of(label)}};
}
// As if a compiler, that no barrier tells otherwise, moved these stores below the next access.
inline Mutant sinking(std::string name, model::Mutation::Lines lines) {
  return {std::move(name), {.sinking = std::move(lines)}};
}
inline Mutant without_membarrier(const std::string& label) { return {label, {.lazy = label}}; }

}  // namespace ringmain::testing
