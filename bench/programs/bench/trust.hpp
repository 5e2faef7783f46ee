// Reasons not to trust a result.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "programs/bench/options.hpp"
#include "programs/bench/result.hpp"

namespace ringmain::bench {

// What else the machine did, from the construction on.
class Bystanders {
 public:
  Bystanders();

  double load_before() const noexcept { return load_; }
  double stolen() const;  // part of the CPU time that the hypervisor gave to others, 0 to 1

 private:
  double load_;
  std::uint64_t all_ = 0;
  std::uint64_t stolen_ = 0;
};

// In whole sentences. Empty: nothing to complain about.
std::vector<std::string> doubts(const Options& options, std::span<const Result> results, const Bystanders& bystanders);

}  // namespace ringmain::bench
