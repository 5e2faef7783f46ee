// A scenario is right in every execution that is tried, and each mutant of it is wrong in one.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "support/scale.hpp"
#include "weak_memory/mutants.hpp"

namespace ringmain::testing {

// How far a scenario is searched.
struct Effort {
  std::uint64_t random = 20'000;  // executions
  std::uint64_t preemptions = 3;  // at most, in the search of all executions
};

inline bool caught(model::Scenario& scenario, const std::string& subject, Mutant mutant) {
  const std::uint64_t limit = 20 * Effort{}.random;
  const model::Verdict verdict = model::run(scenario, model::Search::kRandom, limit, &mutant.mutation);
  const bool found = !verdict.right && mutant.mutation.planted;
  std::printf("PROOF order-mutants %s: 1 planted, %d caught, execution %llu of %s\n", mutant.name.c_str(), found ? 1 : 0,
              static_cast<unsigned long long>(verdict.executions), subject.c_str());
  EXPECT_TRUE(mutant.mutation.planted) << mutant.name << ": nobody came by there";
  return found;
}

inline void prove(model::Scenario& scenario, const std::string& subject, const Effort& effort,
                  const std::vector<Mutant>& mutants) {
  const model::Verdict random = model::run(scenario, model::Search::kRandom, effort.random);
  ASSERT_TRUE(random.right) << random.trace;
  const model::Verdict bounded = model::run(scenario, model::Search::kBounded, effort.preemptions);
  ASSERT_TRUE(bounded.right) << bounded.trace;
  std::printf("PROOF weak-memory %s: %llu random executions, %llu executions of a bounded search, %llu preemptions at most\n",
              subject.c_str(), static_cast<unsigned long long>(random.executions),
              static_cast<unsigned long long>(bounded.executions), static_cast<unsigned long long>(effort.preemptions));
  for (const Mutant& mutant : mutants) EXPECT_TRUE(caught(scenario, subject, mutant)) << mutant.name << " survives";
}

}  // namespace ringmain::testing
