// SPDX-License-Identifier: MIT
#include "harness/contest.hpp"

#include <algorithm>

#include "harness/board.hpp"
#include "harness/clock.hpp"
#include "harness/machine.hpp"
#include "harness/processes.hpp"
#include "harness/runner.hpp"
#include "harness/shared_memory.hpp"
#include "harness/tracer.hpp"

namespace ringmain::bench {
namespace {

std::vector<int> cpus_of(const ContestOptions& options) {
  if (!options.cpus.empty()) return options.cpus;
  const CpuPair pair = cpu_pair();
  return {pair.first, pair.second};
}

std::string name_of(std::size_t side) {
  return side == 0 ? "first side" : side == 1 ? "second side" : "side " + std::to_string(side + 1);
}

void judge_by_latency(const Contestant& contestant, std::size_t index, std::size_t contestants,
                      std::span<Sample> samples) {
  const Latencies& latencies = *contestant.latencies();
  for (std::size_t round = 0; round < latencies.rounds(); ++round) {
    samples[round * contestants + index].ns_per_message = percentile(sorted(latencies.round(round)), 0.5);
  }
}

}  // namespace

Outcome run_contest(const Contestants& contestants, const ContestOptions& options) {
  const std::vector<int> cpus = cpus_of(options);
  const Shared<Board> board(1, static_cast<std::uint32_t>(options.sides));
  const Shared<SideReport> reports(options.sides);
  const Shared<Sample> samples(contestants.size() * options.rounds);
  const Shared<SystemCalls> system_calls(contestants.size());
  tick_scale();  // before the fork, so that all sides share one scale
  Processes processes;
  std::vector<pid_t> pids;
  for (std::size_t i = 0; i < options.sides; ++i) {
    pids.push_back(processes.start(name_of(i), cpus[i % cpus.size()], [&] {
      Runner(static_cast<Side>(i), contestants, options, *board, reports.all(), samples.all(), system_calls.all())
          .run();
    }));
  }
  bool counted = false;
  const double turns = static_cast<double>(contestants.size() * options.rounds) * 1.3;  // with the warm-up, about
  processes.wait(options.limit, [&] {
    if (options.progress) options.progress(std::min(1.0, board->turns.load(std::memory_order_relaxed) / turns));
    if (board->wait_for_tracer.load(std::memory_order_acquire) != options.sides || board->traced.is_open()) return;
    counted = count_system_calls(pids, *board, reports.all(), system_calls.all());
  });
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    if (contestants[i]->judged_by_latency()) judge_by_latency(*contestants[i], i, contestants.size(), samples.all());
  }
  std::vector<SystemCalls> counts;
  if (counted) counts.assign(system_calls.all().begin(), system_calls.all().end());
  return {contestants.size(), options.rounds, samples.all(), std::move(counts)};
}

}  // namespace ringmain::bench
