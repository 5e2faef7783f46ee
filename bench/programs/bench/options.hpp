// What the command line asks for.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "programs/bench/task.hpp"

namespace ringmain::bench {

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Options {
  std::vector<Work> works{};            // empty: a choice that suits the machine
  std::vector<std::string> carriers{};  // empty: those that are measured by default
  std::vector<std::uint64_t> sizes{};   // empty: each workload's own
  Touch touch = Touch::kAll;
  double seconds = 4;  // for each table
  std::size_t rounds = 11;
  std::vector<int> cpus{};  // one for each side, in turns; empty: two of those allowed
  bool pinned = true;
  double rate = 100'000;
  std::uint64_t burst = 1000;
  std::size_t batch = 1;
  std::optional<std::size_t> consumers{};
  bool system_calls = true;
  bool json = false;
  std::string report{};  // file; empty: none

  bool list = false;
  bool limits_suite = false;
  std::vector<std::string> rows{};  // of the limits suite
  bool details = false;             // of the limits suite
  std::string command_line{};
};

// Throws UsageError. Nothing: help or the version was asked for, and printed.
std::optional<Options> parse(int argc, char** argv);

// What the options ask for, in the order in which it is measured.
std::vector<Task> tasks_of(const Options& options);

}  // namespace ringmain::bench
