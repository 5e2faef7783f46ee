// SPDX-License-Identifier: MIT
#include "programs/bench/measure.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "carriers/futex.hpp"
#include "harness/contest.hpp"
#include "harness/processes.hpp"
#include "harness/temporary_directory.hpp"
#include "programs/bench/carriers.hpp"
#include "workloads/after_silence.hpp"
#include "workloads/round_trip.hpp"

namespace ringmain::bench {
namespace {

// A turn is at least so long: shorter ones measure how they begin and end.
constexpr double kShortestTurnMs = 2;
constexpr double kLongestTurnMs = 500;
// Memory for latencies, each four bytes: of one contestant, all rounds together.
constexpr std::uint64_t kMostLatencies = std::uint64_t{1} << 24;

struct Field {
  Contestants contestants{};  // limits first, then the ring if it takes part
  std::size_t limits = 0;
  std::vector<Kind> kinds{};
  std::vector<Skipped> skipped{};
};

bool spins_only_where_all_sleep(const NamedCarrier& carrier, Work work) {
  return !carrier.sleeps && (work == Work::kSleepingRoundTrip || work == Work::kWakeUp);
}

bool takes_part(const NamedCarrier& carrier, const Options& options, Work work) {
  const auto& named = options.carriers;
  if (!named.empty()) return std::find(named.begin(), named.end(), carrier.name) != named.end();
  return carrier.by_default && !spins_only_where_all_sleep(carrier, work);
}

Field field_of(const Task& task, const Options& options, const std::filesystem::path& directory) {
  Field field;
  field.contestants = limits_of(task);
  field.limits = field.contestants.size();
  field.kinds.assign(field.limits, Kind::kLimit);
  for (const NamedCarrier& carrier : carriers()) {
    if (!takes_part(carrier, options, task.work)) continue;
    if (spins_only_where_all_sleep(carrier, task.work)) {
      field.skipped.push_back({std::string(carrier.name), "it never sleeps"});
      continue;
    }
    try {
      field.contestants.push_back(carrier.enter(task, directory));
      field.kinds.push_back(carrier.name == "ring" ? Kind::kRing : Kind::kRival);
    } catch (const std::exception& error) {
      field.skipped.push_back({std::string(carrier.name), error.what()});
    }
  }
  return field;
}

ContestOptions contest_options(const Task& task, const Options& options, std::size_t contestants) {
  ContestOptions contest;
  contest.rounds = options.rounds;
  const double turn_ms = 1e3 * options.seconds / static_cast<double>(contestants * options.rounds);
  contest.round_time = std::chrono::milliseconds(std::lround(std::clamp(turn_ms, kShortestTurnMs, kLongestTurnMs)));
  contest.sides = 1 + task.consumers;
  contest.cpus = options.pinned ? options.cpus : std::vector<int>{Processes::kAnyCpu};
  contest.count_system_calls = options.system_calls;
  if (is_about_time(task.work)) contest.most_messages = kMostLatencies / options.rounds;
  return contest;
}

// How many latencies a contestant may record in all.
std::size_t latencies_of(const Task& task, const ContestOptions& contest) {
  if (!is_about_time(task.work)) return 0;
  const double round_s = static_cast<double>(contest.round_time.count()) / 1e3;
  double a_round = static_cast<double>(RoundTrip<Futex>::kMostTimed);
  if (task.work == Work::kPaced) a_round = 2 * round_s * task.rate + 64;
  if (task.work == Work::kWakeUp || task.work == Work::kBurst) a_round = 2 * round_s * 1e9 / Silence{}.ns + 64;
  return std::min<std::size_t>(kMostLatencies, contest.rounds * static_cast<std::size_t>(a_round));
}

Percentiles percentiles_of(const Latencies& latencies) {
  const std::vector<std::uint32_t> values = sorted(latencies.all());
  Percentiles found{percentile(values, 0.5),   percentile(values, 0.9), percentile(values, 0.99),
                    percentile(values, 0.999), percentile(values, 1),   values.size()};
  // Ten points for each further nine, as long as there are values above them.
  for (double above = 1; above * static_cast<double>(values.size()) >= 1; above /= std::pow(10, 0.1)) {
    found.curve.emplace_back(1 - above, percentile(values, 1 - above));
  }
  return found;
}

Entry entry_of(std::size_t index, std::size_t limit, const Field& field, const Outcome& outcome) {
  const Contestant& contestant = *field.contestants[index];
  Entry entry{.name = contestant.name(), .kind = field.kinds[index], .ns = outcome.ns_per_message(index)};
  const auto ring =
      static_cast<std::size_t>(std::find(field.kinds.begin(), field.kinds.end(), Kind::kRing) - field.kinds.begin());
  if (ring != field.kinds.size()) entry.ring_faster = outcome.ratio(index, ring);
  if (field.limits != 0) entry.over_limit = outcome.ratio(index, limit);
  if (contestant.latencies() != nullptr) entry.percentiles = percentiles_of(*contestant.latencies());
  entry.cpu_ns = outcome.cpu_ns_per_message(index);
  entry.system_calls = outcome.system_calls_per_message(index);
  entry.preemptions = outcome.preemptions_per_round(index);
  for (const Sample& sample : outcome.samples(index)) entry.rounds.push_back(sample.ns_per_message);
  return entry;
}

}  // namespace

Result measure(const Task& task, const Options& options, const std::function<void(double)>& progress) {
  const TemporaryDirectory directory;
  Field field = field_of(task, options, directory.path());
  Result result{.task = task, .skipped = field.skipped};
  if (field.contestants.size() == field.limits) return result;
  ContestOptions contest = contest_options(task, options, field.contestants.size());
  contest.progress = progress;
  contest.limit = std::chrono::seconds(60 + std::lround(20 * options.seconds));
  if (const std::size_t latencies = latencies_of(task, contest); latencies != 0) {
    for (const auto& contestant : field.contestants) contestant->record_latencies(latencies);
  }
  const Outcome outcome = run_contest(field.contestants, contest);
  const std::size_t limit = field.limits == 0 ? 0 : outcome.fastest_of_first(field.limits);
  for (std::size_t i = 0; i < field.contestants.size(); ++i) {
    if (i >= field.limits || i == limit) result.entries.push_back(entry_of(i, limit, field, outcome));
  }
  return result;
}

}  // namespace ringmain::bench
