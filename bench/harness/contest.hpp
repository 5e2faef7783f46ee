// A contest: several contestants do the same work in the same processes, in short rounds, one after the other, again and
// again. What disturbs the machine for longer than a round then disturbs them all, and a ratio formed within one round is
// honest although the machine changes between rounds.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "harness/latencies.hpp"
#include "harness/outcome.hpp"

namespace ringmain::bench {

// The processes of a contest. The first one starts: it produces, or sends the ping. Where there are more than two, the
// others are kSecond and those after it.
enum class Side : std::uint32_t { kFirst, kSecond };

// When a side began and ended its work in one round, in nanoseconds.
struct Interval {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t more = 0;  // messages than asked for, all in all
};

class Contestant {
 public:
  explicit Contestant(std::string name) : name_(std::move(name)) {}
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;
  virtual ~Contestant() = default;

  const std::string& name() const noexcept { return name_; }

  // Called in all processes at the same time: takes hold of one's own ends of the carriers.
  virtual void open(Side side) = 0;
  // One round of `messages` messages. Throws when a message is missing or wrong.
  virtual Interval run(Side side, std::uint64_t messages) = 0;
  // Called in all processes when every round is over.
  virtual void close() = 0;

  // How many messages the first round of the warm-up has.
  virtual std::uint64_t first_round() const noexcept { return 64; }

  // The figure of a round is the median of its latencies, not the time of the round by the number of messages.
  virtual bool judged_by_latency() const noexcept { return false; }

  // Each latency is recorded, where the work knows what a latency is.
  void record_latencies(std::size_t capacity) { latencies_ = std::make_unique<Latencies>(capacity); }
  Latencies* latencies() const noexcept { return latencies_.get(); }

 private:
  std::string name_;
  std::unique_ptr<Latencies> latencies_;
};

using Contestants = std::vector<std::unique_ptr<Contestant>>;

struct ContestOptions {
  std::size_t rounds = 15;                   // of each contestant
  std::chrono::milliseconds round_time{60};  // aimed at, of each contestant
  std::chrono::seconds limit{300};           // a contest that takes longer has hung
  std::size_t sides = 2;
  std::vector<int> cpus{};  // one for each side, in turns; empty: as cpu_pair() says
  std::uint64_t most_messages = std::numeric_limits<std::uint64_t>::max();  // in a round
  bool count_system_calls = false;
  std::function<void(double)> progress{};  // told now and then which part is done, 0 to 1
};

// Forks the sides, pins each to a core, and runs every round of every contestant. Throws when a side fails.
Outcome run_contest(const Contestants& contestants, const ContestOptions& options);

}  // namespace ringmain::bench
