// One side of a contest, in its own process.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "harness/board.hpp"
#include "harness/contest.hpp"

namespace ringmain::bench {

class Runner {
 public:
  // All but `side` are shared by all sides.
  Runner(Side side, const Contestants& contestants, const ContestOptions& options, Board& board,
         std::span<SideReport> reports, std::span<Sample> samples, std::span<SystemCalls> system_calls);

  void run();

  static constexpr std::size_t kWarmUpTurns = 7;  // of each contestant, at most

 private:
  bool first() const noexcept { return side_ == Side::kFirst; }
  void warm_up(std::size_t index);
  void run_round(std::size_t round);
  void be_traced();
  // All sides call it; the sample is the first one's.
  Sample run_turn(std::size_t index, std::uint64_t messages);
  Sample sample_of(std::uint64_t messages) const;
  // The number of messages that would have made this turn as long as wished.
  std::uint64_t next_count(const Sample& sample) const;

  Side side_;
  const Contestants& contestants_;
  const ContestOptions& options_;
  Board& board_;
  std::span<SideReport> reports_;
  std::span<Sample> samples_;
  std::span<SystemCalls> system_calls_;
  std::vector<std::uint64_t> counts_;  // of the next turn of each contestant
};

}  // namespace ringmain::bench
