// A whole run: what was asked for, where, and what came out.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "programs/bench/result.hpp"

namespace ringmain::bench {

struct Machine {
  std::string cpu;
  std::string kernel;
  std::size_t cpus = 0;  // that this process may use
  std::string compiler;
  std::string flags;
};
Machine this_machine();

struct Run {
  std::string command_line;
  Machine machine;
  std::vector<Result> results;
  std::vector<std::string> doubts;
};

}  // namespace ringmain::bench
