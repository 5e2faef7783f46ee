// What a contest found out.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "harness/statistics.hpp"

namespace ringmain::bench {

// One round of one contestant.
struct Sample {
  double ns_per_message = 0;
  std::uint64_t messages = 0;
  std::uint64_t preemptions = 0;  // times that the kernel took the core away from a side
  double cpu_ns = 0;              // that all sides used together, for a message
};

// What a tracer saw of a turn that didn't count otherwise.
struct SystemCalls {
  std::uint64_t calls = 0;  // of all sides together
  std::uint64_t messages = 0;
};

class Outcome {
 public:
  // `samples`: round by round, in each the contestants in their order. No system calls: they weren't counted.
  Outcome(std::size_t contestants, std::size_t rounds, std::span<const Sample> samples,
          std::vector<SystemCalls> system_calls = {});

  std::size_t contestants() const noexcept { return samples_.size(); }
  const std::vector<Sample>& samples(std::size_t contestant) const { return samples_[contestant]; }

  Spread ns_per_message(std::size_t contestant) const;
  // Of the times per message, formed within each round.
  Spread ratio(std::size_t contestant, std::size_t to) const;
  double preemptions_per_round(std::size_t contestant) const;
  double cpu_ns_per_message(std::size_t contestant) const;  // the median of the rounds
  std::optional<double> system_calls_per_message(std::size_t contestant) const;
  // The one with the smallest median among the first `count`.
  std::size_t fastest_of_first(std::size_t count) const;

 private:
  std::vector<std::vector<Sample>> samples_;
  std::vector<SystemCalls> system_calls_;
};

}  // namespace ringmain::bench
