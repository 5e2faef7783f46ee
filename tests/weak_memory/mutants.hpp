// What is broken on purpose: an order of the shipped algorithm, found by its label in the comments of its headers.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "weak_memory/model.hpp"

namespace ringmain::testing {

struct Mutant {
  std::string name;
  model::Mutation mutation;
};

using model::Lines;

// The lines of the algorithm that contain `text`; in `file` alone, if one is given. There must be one.
Lines lines_with(const std::string& text, const std::string& file = "");
// The lines that a label speaks of: its own, or the first line of code below its comment.
Lines lines_of(const std::string& label);
Lines both(Lines lines, const Lines& more);

// Without what a label asks for: loads and stores relaxed, exchanges without their release, fences gone.
Mutant without(const std::string& label);
Mutant without(std::string name, Lines lines);
// A full fence that orders everything but a load behind a store.
Mutant without_store_load(const std::string& label);
// As if a compiler, that no barrier tells otherwise, moved these stores below the next access.
Mutant sinking(std::string name, Lines lines);
Mutant without_membarrier(const std::string& label);

}  // namespace ringmain::testing
