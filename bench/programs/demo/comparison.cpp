// SPDX-License-Identifier: MIT
#include "programs/demo/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "carriers/blocks.hpp"
#include "carriers/lines.hpp"
#include "carriers/ring.hpp"
#include "carriers/transported.hpp"
#include "harness/latencies.hpp"
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
  const TransportSetup pipe{Scheme::kPipe, directory.path()};
  const TransportSetup unix_socket{Scheme::kUnix, directory.path()};
  const Payload payload{kSmall};
  Contestants contestants;
  const auto add = [&](auto contestant) {
    contestant->record_latencies(options.rounds * contestant->kMostTimed);
    contestants.push_back(std::move(contestant));
  };
  add(std::make_unique<RoundTrip<Lines<FlowControl::kNone>>>(kNames[0], payload, kSmall, kBuffer / 64));
  add(std::make_unique<RoundTrip<Ring>>(kNames[1], payload, setup));
  add(std::make_unique<RoundTrip<Transported>>(kNames[2], payload, pipe));
  add(std::make_unique<RoundTrip<Transported>>(kNames[3], payload, unix_socket));
  const Outcome outcome = run_contest(contestants, options);
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    const std::vector<std::uint32_t> trips = sorted(contestants[i]->latencies()->all());
    figures[i].p50_ns = percentile(trips, 0.5);
    figures[i].p99_ns = percentile(trips, 0.99);
    figures[i].p999_ns = percentile(trips, 0.999);
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

std::vector<double> measure_streams(const Payload& payload, std::unique_ptr<Contestant> limit,
                                    const ContestOptions& options) {
  const TemporaryDirectory directory;
  const RingSetup setup{.directory = directory.path(), .capacity = kBuffer};
  const TransportSetup pipe{Scheme::kPipe, directory.path()};
  const TransportSetup unix_socket{Scheme::kUnix, directory.path()};
  Contestants contestants;
  contestants.push_back(std::move(limit));
  contestants.push_back(std::make_unique<Stream<Ring>>(kNames[1], payload, setup));
  contestants.push_back(std::make_unique<Stream<Transported>>(kNames[2], payload, pipe));
  contestants.push_back(std::make_unique<Stream<Transported>>(kNames[3], payload, unix_socket));
  return stream_times(contestants, options);
}

}  // namespace

Comparison compare_carriers(const ContestOptions& options) {
  Comparison comparison;
  for (const char* name : kNames) comparison.carriers.push_back({.name = name});
  measure_round_trips(comparison.carriers, options, comparison.spread);
  using SmallLimit = Stream<Lines<FlowControl::kSparse>>;
  const Payload small_payload{kSmall};
  const Payload large_payload{kLarge};
  auto small_limit = std::make_unique<SmallLimit>(kNames[0], small_payload, kSmall, kBuffer / 64);
  auto large_limit = std::make_unique<Stream<Blocks>>(kNames[0], large_payload, kLarge, kBuffer);
  const auto small = measure_streams(small_payload, std::move(small_limit), options);
  const auto large = measure_streams(large_payload, std::move(large_limit), options);
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
