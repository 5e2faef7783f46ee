// ringmain-bench as its users start it, with budgets so small that its figures mean nothing.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace ringmain::testing {

using Arguments = std::vector<std::string>;

struct Ended {
  int status = 0;  // minus the signal that killed it
  std::string output{};
  std::string errors{};
};

inline Process start_bench(Arguments arguments) {
  arguments.insert(arguments.begin(), RINGMAIN_BENCH);
  return Process(arguments);
}

inline Ended run_bench(const Arguments& arguments) {
  Process process = start_bench(arguments);
  const int status = process.wait();
  return {status, process.output(), process.errors()};
}

// The results of a run with --json.
inline nlohmann::json results_of(Arguments arguments) {
  arguments.insert(arguments.end(), {"--json", "--seconds", "0.05", "--rounds", "2"});
  const Ended ended = run_bench(arguments);
  EXPECT_EQ(ended.status, 0) << ended.errors;
  EXPECT_EQ(ended.errors, "");
  return nlohmann::json::parse(ended.output).at("results");
}

// One carrier of a result; null when it took no part.
inline nlohmann::json carrier_of(const nlohmann::json& result, const std::string& name) {
  for (const auto& carrier : result.at("carriers")) {
    if (carrier.at("carrier") == name) return carrier;
  }
  return nullptr;
}

}  // namespace ringmain::testing
