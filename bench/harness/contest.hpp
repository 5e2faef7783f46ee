// A contest: several contestants do the same work in the same two processes, in short rounds, one after the other,
// again and again. What disturbs the machine for longer than a round then disturbs them all, and a ratio formed
// within one round is honest although the machine changes between rounds.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "harness/statistics.hpp"

namespace ringmain::bench {

// The two sides. The first one starts: it produces, or sends the ping.
enum class Side : std::uint8_t { kFirst, kSecond };

// When a side began and ended its work in one round, in nanoseconds.
struct Interval {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class Contestant {
 public:
  explicit Contestant(std::string name) : name_(std::move(name)) {}
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;
  virtual ~Contestant() = default;

  const std::string& name() const noexcept { return name_; }

  // Called in both processes at the same time: takes hold of one's own ends of the carriers.
  virtual void open(Side side) = 0;
  // One round of `messages` messages. Throws when a message is missing or wrong.
  virtual Interval run(Side side, std::uint64_t messages) = 0;
  // Called in both processes when every round is over.
  virtual void close() = 0;
  // The warm-up is over: what is recorded from here on counts.
  virtual void start_recording() {}

 private:
  std::string name_;
};

struct ContestOptions {
  std::size_t rounds = 15;                   // of each contestant
  std::chrono::milliseconds round_time{60};  // aimed at, of each contestant
  std::chrono::seconds limit{300};           // a contest that takes longer has hung
};

// One round of one contestant.
struct Sample {
  double ns_per_message = 0;
  std::uint64_t messages = 0;
  std::uint64_t preemptions = 0;  // times that the kernel took the core away from a side
};

class Outcome {
 public:
  Outcome(std::size_t contestants, std::size_t rounds, std::span<const Sample> samples);

  std::size_t contestants() const noexcept { return samples_.size(); }
  const std::vector<Sample>& samples(std::size_t contestant) const { return samples_[contestant]; }

  Spread ns_per_message(std::size_t contestant) const;
  // Of the times per message, formed within each round.
  Spread ratio(std::size_t contestant, std::size_t to) const;
  double preemptions_per_round(std::size_t contestant) const;
  // The one with the smallest median among the first `count`.
  std::size_t fastest_of_first(std::size_t count) const;

 private:
  std::vector<std::vector<Sample>> samples_;
};

using Contestants = std::vector<std::unique_ptr<Contestant>>;

// Forks the two sides, pins each to a core, and runs every round of every contestant. Throws when a side fails.
Outcome run_contest(const Contestants& contestants, const ContestOptions& options);

}  // namespace ringmain::bench
