// SPDX-License-Identifier: MIT
#include "harness/contest.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <array>

#include "harness/barrier.hpp"
#include "harness/clock.hpp"
#include "harness/machine.hpp"
#include "harness/processes.hpp"
#include "harness/shared_memory.hpp"

namespace ringmain::bench {
namespace {

// A round's length in messages is found while warming up: each is at most so many times as long as the one before.
constexpr std::uint64_t kFirstRound = 64;
constexpr std::uint64_t kLargestStep = 8;
constexpr std::size_t kWarmUpRounds = 7;

struct SideReport {
  Interval interval;
  std::uint64_t preemptions = 0;
};

// What the two sides share.
struct Board {
  Barrier barrier{2};
  alignas(128) std::uint64_t messages = kFirstRound;  // of the coming round; the first side writes it
  alignas(128) SideReport first;
  alignas(128) SideReport second;
};

std::uint64_t preemptions_so_far() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_nivcsw);
}

// The number of messages that would have made the last round as long as wished.
std::uint64_t next_count(std::uint64_t messages, double elapsed_ns, double wished_ns) {
  const double factor = std::clamp(wished_ns / std::max(elapsed_ns, 1.0), 1.0 / static_cast<double>(kLargestStep),
                                   static_cast<double>(kLargestStep));
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(messages) * factor));
}

// One side of a contest, in its own process.
class Runner {
 public:
  Runner(Side side, const Contestants& contestants, const ContestOptions& options, Board& board,
         std::span<Sample> samples)
      : side_(side), contestants_(contestants), options_(options), board_(board), samples_(samples),
        counts_(contestants.size(), kFirstRound) {}

  void run() {
    for (const auto& contestant : contestants_) contestant->open(side_);
    for (std::size_t i = 0; i < kWarmUpRounds; ++i) run_round();
    for (const auto& contestant : contestants_) contestant->start_recording();
    for (std::size_t i = 0; i < options_.rounds; ++i) {
      const std::vector<Sample> round = run_round();
      if (side_ == Side::kFirst) std::copy(round.begin(), round.end(), samples_.begin() + at(i * round.size()));
    }
    for (const auto& contestant : contestants_) contestant->close();
  }

 private:
  static std::ptrdiff_t at(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

  std::vector<Sample> run_round() {
    std::vector<Sample> round;
    for (std::size_t i = 0; i < contestants_.size(); ++i) round.push_back(run_one(i));
    return round;
  }

  // Both sides run it; only the first one's sample counts.
  Sample run_one(std::size_t index) {
    const bool first = side_ == Side::kFirst;
    if (first) board_.messages = counts_[index];
    board_.barrier.wait();
    const std::uint64_t messages = board_.messages;
    SideReport& report = first ? board_.first : board_.second;
    const std::uint64_t preemptions_before = preemptions_so_far();
    report.interval = contestants_[index]->run(side_, messages);
    report.preemptions = preemptions_so_far() - preemptions_before;
    board_.barrier.wait();
    if (!first) return {};
    const std::uint64_t end = std::max(board_.first.interval.end, board_.second.interval.end);
    const auto elapsed = static_cast<double>(end - board_.first.interval.begin);
    counts_[index] = next_count(messages, elapsed, static_cast<double>(options_.round_time.count()) * 1e6);
    return {elapsed / static_cast<double>(messages), messages, board_.first.preemptions + board_.second.preemptions};
  }

  Side side_;
  const Contestants& contestants_;
  const ContestOptions& options_;
  Board& board_;
  std::span<Sample> samples_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace

Outcome::Outcome(std::size_t contestants, std::size_t rounds, std::span<const Sample> samples) : samples_(contestants) {
  for (std::size_t i = 0; i < contestants * rounds; ++i) samples_[i % contestants].push_back(samples[i]);
}

Spread Outcome::ns_per_message(std::size_t contestant) const {
  std::vector<double> times;
  for (const Sample& sample : samples_[contestant]) times.push_back(sample.ns_per_message);
  return spread(times);
}

Spread Outcome::ratio(std::size_t contestant, std::size_t to) const {
  std::vector<double> ratios;
  for (std::size_t i = 0; i < samples_[contestant].size(); ++i) {
    ratios.push_back(samples_[contestant][i].ns_per_message / samples_[to][i].ns_per_message);
  }
  return spread(ratios);
}

double Outcome::preemptions_per_round(std::size_t contestant) const {
  std::uint64_t sum = 0;
  for (const Sample& sample : samples_[contestant]) sum += sample.preemptions;
  return static_cast<double>(sum) / static_cast<double>(std::max<std::size_t>(1, samples_[contestant].size()));
}

std::size_t Outcome::fastest_of_first(std::size_t count) const {
  std::size_t best = 0;
  for (std::size_t i = 1; i < count; ++i) {
    if (ns_per_message(i).median < ns_per_message(best).median) best = i;
  }
  return best;
}

Outcome run_contest(const Contestants& contestants, const ContestOptions& options) {
  const CpuPair cpus = cpu_pair();
  const Shared<Board> board;
  const Shared<Sample> samples(contestants.size() * options.rounds);
  tick_scale();  // before the fork, so that both sides share one scale
  Processes processes;
  for (const Side side : {Side::kFirst, Side::kSecond}) {
    const bool first = side == Side::kFirst;
    processes.start(first ? "first side" : "second side", first ? cpus.first : cpus.second,
                    [&] { Runner(side, contestants, options, *board, samples.all()).run(); });
  }
  processes.wait(options.limit);
  return {contestants.size(), options.rounds, samples.all()};
}

}  // namespace ringmain::bench
