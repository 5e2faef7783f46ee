// SPDX-License-Identifier: MIT
#include "weak_memory/proof.hpp"

#include <iostream>
#include <utility>

#include "support/scale.hpp"

namespace ringmain::testing {

namespace {

constexpr std::uint64_t kPatience = 10;  // a mutant may be caught in one execution of many

std::uint64_t executions() { return proof_scaled<std::uint64_t>(50'000, 2'000'000); }

void tell(const std::string& what, const std::string& counts) {
  std::cout << "PROOF " << what << ": " << counts << std::endl;
}

}  // namespace

Proof::Proof(model::Scenario& scenario, std::string subject) : scenario_(scenario), subject_(std::move(subject)) {}

void Proof::holds(std::uint64_t preemptions) const {
  const auto random = tried(model::Search::kRandom, executions());
  const auto bounded = tried(model::Search::kBounded, proof_scaled(preemptions, preemptions + 1));
  tell("weak-memory " + subject_,
       std::to_string(random) + " random executions, " + std::to_string(bounded) + " executions of a bounded search");
}

void Proof::holds_in_all() const {
  tell("weak-memory " + subject_ + " (all)",
       std::to_string(tried(model::Search::kAll, 0)) + " executions of a full search");
}

void Proof::needs(Mutant mutant) const {
  const auto verdict = model::run(scenario_, model::Search::kRandom, kPatience * executions(), &mutant.mutation);
  EXPECT_FALSE(verdict.right) << mutant.name << " survives in " << subject_;
  EXPECT_TRUE(mutant.mutation.planted) << mutant.name << ": nobody came by there in " << subject_;
  tell("order-mutants " + mutant.name + " (" + subject_ + ")", "1 planted, " + std::to_string(verdict.right ? 0 : 1) +
                                                                   " caught, in execution " +
                                                                   std::to_string(verdict.executions));
}

void Proof::needs_one_of(const std::string& label, const std::string& other) const {
  can_miss(without(label), other);
  can_miss(without(other), label);
  needs(without(label + " and " + other, both(lines_of(label), lines_of(other))));
}

void Proof::can_miss(Mutant mutant, const std::string& instead) const {
  const auto verdict = model::run(scenario_, model::Search::kRandom, executions(), &mutant.mutation);
  EXPECT_TRUE(verdict.right) << mutant.name << " is needed in " << subject_ << ":\n" << verdict.trace;
  EXPECT_TRUE(mutant.mutation.planted) << mutant.name << ": nobody came by there in " << subject_;
  tell("spare-orders " + mutant.name + " (" + subject_ + ")", "1 can be missed, since there is " + instead);
}

std::uint64_t Proof::tried(model::Search search, std::uint64_t limit) const {
  const auto verdict = model::run(scenario_, search, limit);
  EXPECT_TRUE(verdict.right) << subject_ << " goes wrong:\n" << verdict.trace;
  return verdict.executions;
}

}  // namespace ringmain::testing
