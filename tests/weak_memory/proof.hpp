// What is proved of a scenario: it is right in every execution that is tried; each order that it needs is missed in one.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <string>
#include <utility>

#include "support/scale.hpp"
#include "weak_memory/mutants.hpp"

namespace ringmain::testing {

class Proof {
 public:
  Proof(model::Scenario& scenario, std::string subject) : scenario_(scenario), subject_(std::move(subject)) {}

  // `preemptions`: at most so many in the search of all executions.
  void holds(std::uint64_t preemptions = 3) const {
    const auto random = tried(model::Search::kRandom, kExecutions);
    const auto bounded = tried(model::Search::kBounded, proof_scaled(preemptions, preemptions + 1));
    tell("weak-memory " + subject_,
         std::to_string(random) + " random executions, " + std::to_string(bounded) + " executions of a bounded search");
  }
  // In every execution that there is.
  void holds_in_all() const {
    tell("weak-memory " + subject_, std::to_string(tried(model::Search::kAll, 0)) + " executions of a full search");
  }

  void needs(Mutant mutant) const {
    const model::Verdict verdict =
        model::run(scenario_, model::Search::kRandom, kPatience * kExecutions, &mutant.mutation);
    EXPECT_FALSE(verdict.right) << mutant.name << " survives in " << subject_;
    tell("order-mutants " + mutant.name + " (" + subject_ + ")", "1 planted, " + std::to_string(verdict.right ? 0 : 1) +
                                                                     " caught, in execution " +
                                                                     std::to_string(verdict.executions));
    EXPECT_TRUE(mutant.mutation.planted) << mutant.name << ": nobody came by there in " << subject_;
  }

  // Two orders of which each makes the other superfluous here.
  void needs_one_of(const std::string& label, const std::string& other) const {
    can_miss(without(label), other);
    can_miss(without(other), label);
    needs(without(label + " and " + other, both(lines_of(label), lines_of(other))));
  }

  // An order that something else makes superfluous here.
  void can_miss(Mutant mutant, const std::string& instead) const {
    const model::Verdict verdict = model::run(scenario_, model::Search::kRandom, kExecutions, &mutant.mutation);
    EXPECT_TRUE(verdict.right) << mutant.name << " is needed in " << subject_ << ":\n" << verdict.trace;
    EXPECT_TRUE(mutant.mutation.planted) << mutant.name << ": nobody came by there in " << subject_;
    tell("spare-orders " + mutant.name + " (" + subject_ + ")", "1 can be missed, since there is " + instead);
  }

 private:
  static constexpr std::uint64_t kPatience = 10;  // a mutant may be caught in one execution of many
  static inline const std::uint64_t kExecutions = proof_scaled<std::uint64_t>(50'000, 2'000'000);

  std::uint64_t tried(model::Search search, std::uint64_t limit) const {
    const model::Verdict verdict = model::run(scenario_, search, limit);
    EXPECT_TRUE(verdict.right) << subject_ << " goes wrong:\n" << verdict.trace;
    return verdict.executions;
  }
  static void tell(const std::string& what, const std::string& counts) {
    std::cout << "PROOF " << what << ": " << counts << std::endl;
  }

  model::Scenario& scenario_;
  std::string subject_;
};

}  // namespace ringmain::testing
