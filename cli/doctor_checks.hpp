// What the facts about a machine mean for rings on it, and what to do about it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "doctor_facts.hpp"

namespace ringmain::cli {

enum class Mark {
  kOk,
  kWarn,  // it works, but worse than it could
  kBad,   // rings don't work here
};

const char* name_of(Mark mark);  // "ok", "warn", "bad"

struct Finding {
  Mark mark;
  std::string subject;
  std::string text;
  std::string remedy{};  // of what isn't ok
};

// Each looks at one thing.
Finding check_kernel(const Facts& facts);
Finding check_directory(const Facts& facts);
Finding check_trial(const Facts& facts);  // locks, above all
Finding check_memory(const Facts& facts);
Finding check_descriptors(const Facts& facts);
Finding check_file_size(const Facts& facts);
Finding check_locked_memory(const Facts& facts);
Finding check_mappings(const Facts& facts);
Finding check_barriers(const Facts& facts);
Finding check_futexes(const Facts& facts);
Finding check_uring(const Facts& facts);
Finding check_huge_pages(const Facts& facts);
Finding check_processors(const Facts& facts);
Finding check_clock(const Facts& facts);
Finding check_container(const Facts& facts);

std::vector<Finding> examine(const Facts& facts);  // all of them, in this order

}  // namespace ringmain::cli
