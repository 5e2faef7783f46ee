// What is proved of a scenario: it is right in every execution that is tried; each order that it needs is missed in one.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "weak_memory/mutants.hpp"

namespace ringmain::testing {

class Proof {
 public:
  Proof(model::Scenario& scenario, std::string subject);

  // In executions drawn by lot, and in all that have at most so many preemptions.
  void holds(std::uint64_t preemptions = 3) const;
  // In all executions.
  void holds_in_all() const;

  // Something goes wrong with this mutant.
  void needs(Mutant mutant) const;
  // Two orders of which each makes the other superfluous here.
  void needs_one_of(const std::string& label, const std::string& other) const;
  // An order that something else makes superfluous here.
  void can_miss(Mutant mutant, const std::string& instead) const;

 private:
  std::uint64_t tried(model::Search search, std::uint64_t limit) const;

  model::Scenario& scenario_;
  std::string subject_;
};

}  // namespace ringmain::testing
