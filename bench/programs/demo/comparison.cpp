// SPDX-License-Identifier: MIT
#include "programs/demo/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "carriers/blocks.hpp"
#include "carriers/byte_stream.hpp"
#include "carriers/lines.hpp"
#include "carriers/ring.hpp"
#include "harness/clock.hpp"
#include "harness/histogram.hpp"
#include "harness/shared_memory.hpp"
#include "harness/temporary_directory.hpp"
#include "workloads/round_trip.hpp"
#include "workloads/stream.hpp"

namespace ringmain::bench {
namespace {

constexpr std::size_t kSmall = 48;  // with the ring's header: one cache line
constexpr std::size_t kLarge = std::size_t{64} << 10;
constexpr std::size_t kBuffer = std::size_t{8} << 20;  // of the ring, and of the limits
constexpr std::array kNames{"raw cache line", "ring", "pipe", "unix socket"};

void measure_round_trips(std::vector<CarrierFigures>& figures, const ContestOptions& options, double& spread) {
  const TemporaryDirectory directory;
  const RingSetup setup{.directory = directory.path(), .capacity = kBuffer};
  const Shared<Histogram> histograms(kNames.size());
  Contestants contestants;
  const auto add = [&](auto contestant) {
    contestant->record_into(&histograms[contestants.size()]);
    contestants.push_back(std::move(contestant));
  };
  add(std::make_unique<RoundTrip<Lines<kSmall, FlowControl::kNone>>>(kNames[0], kBuffer / 64));
  add(std::make_unique<RoundTrip<Ring<kSmall>>>(kNames[1], setup));
  add(std::make_unique<RoundTrip<Pipe<kSmall>>>(kNames[2]));
  add(std::make_unique<RoundTrip<UnixStream<kSmall>>>(kNames[3]));
  const Outcome outcome = run_contest(contestants, options);
  const TickScale& scale = tick_scale();
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    // Two stamps in a row are apart by the clock's own cost, and so is every trip too long.
    const auto ns = [&](double fraction) {
      return std::max(0.0, histograms[i].quantile(fraction) - static_cast<double>(scale.own_cost)) * scale.ns_per_tick;
    };
    figures[i].p50_ns = ns(0.5);
    figures[i].p99_ns = ns(0.99);
    figures[i].p999_ns = ns(0.999);
    figures[i].over_limit = outcome.ratio(i, 0).median;
  }
  spread = outcome.ratio(1, 0).width();
}

// Of each contestant, the median time of a message in nanoseconds.
std::vector<double> stream_times(const Contestants& contestants, const ContestOptions& options) {
  const Outcome outcome = run_contest(contestants, options);
  std::vector<double> times;
  for (std::size_t i = 0; i < contestants.size(); ++i) times.push_back(outcome.ns_per_message(i).median);
  return times;
}

template <std::size_t kBytes, class Limit>
std::vector<double> measure_streams(std::unique_ptr<Limit> limit, const ContestOptions& options) {
  const TemporaryDirectory directory;
  const RingSetup setup{.directory = directory.path(), .capacity = kBuffer};
  Contestants contestants;
  contestants.push_back(std::move(limit));
  contestants.push_back(std::make_unique<Stream<Ring<kBytes>>>(kNames[1], setup));
  contestants.push_back(std::make_unique<Stream<Pipe<kBytes>>>(kNames[2]));
  contestants.push_back(std::make_unique<Stream<UnixStream<kBytes>>>(kNames[3]));
  return stream_times(contestants, options);
}

}  // namespace

Comparison compare_carriers(const ContestOptions& options) {
  Comparison comparison;
  for (const char* name : kNames) comparison.carriers.push_back({.name = name});
  measure_round_trips(comparison.carriers, options, comparison.spread);
  using SmallLimit = Stream<Lines<kSmall, FlowControl::kSparse>>;
  const auto small = measure_streams<kSmall>(std::make_unique<SmallLimit>(kNames[0], kBuffer / 64), options);
  const auto large = measure_streams<kLarge>(std::make_unique<Stream<Blocks<kLarge>>>(kNames[0], kBuffer), options);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    comparison.carriers[i].million_per_s = 1e3 / small[i];
    comparison.carriers[i].gigabytes_per_s = static_cast<double>(kLarge) / large[i];
  }
  return comparison;
}

void print_comparison(const Comparison& comparison) {
  fmt::print(
      "                 round trip of 48 bytes, ns                 48 bytes    64 KiB\n"
      "                    p50      p99    p99.9   x limit             M/s      GB/s\n"
      "  ──────────────────────────────────────────────────────────────────────────\n");
  for (const CarrierFigures& carrier : comparison.carriers) {
    fmt::print("  {:<14} {:>7.0f}  {:>7.0f}  {:>7.0f}  {:>8.2f}        {:>8.1f}  {:>8.1f}\n", carrier.name,
               carrier.p50_ns, carrier.p99_ns, carrier.p999_ns, carrier.over_limit, carrier.million_per_s,
               carrier.gigabytes_per_s);
  }
}

}  // namespace ringmain::bench
