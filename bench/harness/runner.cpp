// SPDX-License-Identifier: MIT
#include "harness/runner.hpp"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>

namespace ringmain::bench {
namespace {

// A turn's length in messages is found while warming up: each is at most so many times as long as the one before.
constexpr double kLargestStep = 8;
// Warm enough: the turn took this part of the wished time, or more.
constexpr double kLongEnough = 0.6;
// A traced turn is shorter: each call costs many times as much.
constexpr double kTracedPart = 0.2;
constexpr std::uint64_t kMostTraced = 200'000;

std::uint64_t preemptions_so_far() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_nivcsw);
}

// Of all threads: what getrusage tells, too, but finer.
std::uint64_t cpu_ns_so_far() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

std::uint64_t scaled(std::uint64_t count, double factor) {
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(static_cast<double>(count) * factor));
}

}  // namespace

Runner::Runner(Side side, const Contestants& contestants, const ContestOptions& options, Board& board,
               std::span<SideReport> reports, std::span<Sample> samples, std::span<SystemCalls> system_calls)
    : side_(side), contestants_(contestants), options_(options), board_(board), reports_(reports), samples_(samples),
      system_calls_(system_calls) {
  for (const auto& contestant : contestants) counts_.push_back(contestant->first_round());
}

void Runner::run() {
  for (const auto& contestant : contestants_) contestant->open(side_);
  for (std::size_t i = 0; i < contestants_.size(); ++i) warm_up(i);
  // Whoever records has recorded the last warm-up by now: there is a barrier behind it.
  if (first()) {
    for (const auto& contestant : contestants_) {
      if (contestant->latencies() != nullptr) contestant->latencies()->clear();
    }
  }
  for (std::size_t round = 0; round < options_.rounds; ++round) run_round(round);
  if (options_.count_system_calls) be_traced();
  for (const auto& contestant : contestants_) contestant->close();
}

void Runner::warm_up(std::size_t index) {
  const double wished_ns = static_cast<double>(options_.round_time.count()) * 1e6;
  for (std::size_t turn = 0; turn < kWarmUpTurns; ++turn) {
    const std::uint64_t messages = counts_[index];
    const Sample sample = run_turn(index, messages);
    const bool warm = sample.ns_per_message * static_cast<double>(messages) > kLongEnough * wished_ns;
    if (first()) board_.messages = warm ? 0 : 1;
    board_.barrier.wait();
    const bool over = board_.messages == 0;
    board_.barrier.wait();
    if (over) return;
  }
}

void Runner::run_round(std::size_t round) {
  for (std::size_t i = 0; i < contestants_.size(); ++i) {
    const Sample sample = run_turn(i, counts_[i]);
    if (first()) samples_[round * contestants_.size() + i] = sample;
  }
}

void Runner::be_traced() {
  for (const auto& contestant : contestants_) {
    if (contestant->latencies() != nullptr) contestant->latencies()->freeze();
  }
  board_.wait_for_tracer.fetch_add(1, std::memory_order_acq_rel);
  board_.traced.wait();
  for (std::size_t i = 0; i < contestants_.size(); ++i) {
    if (first()) board_.contestant.store(static_cast<std::uint32_t>(i), std::memory_order_release);
    const std::uint64_t messages = std::min(scaled(counts_[i], kTracedPart), kMostTraced);
    run_turn(i, messages);
    if (first()) system_calls_[i].messages = messages + reports_[0].interval.more;
  }
  board_.done.fetch_add(1, std::memory_order_acq_rel);
  board_.released.wait();
}

Sample Runner::run_turn(std::size_t index, std::uint64_t messages) {
  if (first()) board_.messages = messages;
  board_.barrier.wait();
  messages = board_.messages;
  SideReport& report = reports_[static_cast<std::size_t>(side_)];
  const std::uint64_t preemptions_before = preemptions_so_far();
  const std::uint64_t cpu_before = cpu_ns_so_far();
  report.working.store(true, std::memory_order_release);
  report.interval = contestants_[index]->run(side_, messages);
  report.working.store(false, std::memory_order_release);
  report.cpu_ns = cpu_ns_so_far() - cpu_before;
  report.preemptions = preemptions_so_far() - preemptions_before;
  board_.barrier.wait();
  if (!first()) return {};
  board_.turns.fetch_add(1, std::memory_order_relaxed);
  const Sample sample = sample_of(messages);
  counts_[index] = next_count(sample);
  return sample;
}

Sample Runner::sample_of(std::uint64_t messages) const {
  Sample sample{.messages = messages};
  std::uint64_t end = 0;
  std::uint64_t cpu_ns = 0;
  for (const SideReport& report : reports_) {
    end = std::max(end, report.interval.end);
    sample.preemptions += report.preemptions;
    cpu_ns += report.cpu_ns;
  }
  sample.ns_per_message = static_cast<double>(end - reports_[0].interval.begin) / static_cast<double>(messages);
  sample.cpu_ns = static_cast<double>(cpu_ns) / static_cast<double>(messages + reports_[0].interval.more);
  return sample;
}

std::uint64_t Runner::next_count(const Sample& sample) const {
  const double elapsed_ns = std::max(1.0, sample.ns_per_message * static_cast<double>(sample.messages));
  const double wished_ns = static_cast<double>(options_.round_time.count()) * 1e6;
  const double factor = std::clamp(wished_ns / elapsed_ns, 1 / kLargestStep, kLargestStep);
  return std::min(scaled(sample.messages, factor), options_.most_messages);
}

}  // namespace ringmain::bench
