// Micro-benchmarks between two threads of one process, pinned: the ring beside Boost.Lockfree, which is made for
// this, and bare cache lines.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <thread>

#include "carriers/boost_queue.hpp"
#include "carriers/lines.hpp"
#include "carriers/ring.hpp"
#include "harness/machine.hpp"
#include "harness/temporary_directory.hpp"
#include "workloads/round_trip.hpp"
#include "workloads/stream.hpp"

namespace ringmain::bench {
namespace {

constexpr std::size_t kBytes = 32;
constexpr std::size_t kBuffer = std::size_t{1} << 20;

// Runs `task` for both sides at once, each in a thread on a core of its own.
template <class Task>
void on_two_threads(Task task) {
  const CpuPair cpus = cpu_pair();
  const auto run = [&](int cpu, Side side) {
    pin_to_cpu(cpu);
    task(side);
  };
  std::thread second(run, cpus.second, Side::kSecond);
  std::thread first(run, cpus.first, Side::kFirst);
  first.join();
  second.join();
}

// One iteration is a round of `messages`; starting the two threads is not timed.
void run_rounds(benchmark::State& state, Contestant& contestant, std::uint64_t messages) {
  on_two_threads([&](Side side) { contestant.open(side); });
  for (auto _ : state) {
    std::array<Interval, 2> intervals{};
    on_two_threads([&](Side side) { intervals[side == Side::kFirst ? 0 : 1] = contestant.run(side, messages); });
    const std::uint64_t begin = std::max(intervals[0].begin, intervals[1].begin);
    const std::uint64_t end = std::max(intervals[0].end, intervals[1].end);
    state.SetIterationTime(static_cast<double>(end - begin) / 1e9);
  }
  contestant.close();
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
}

template <class Work, class... Arguments>
void measure(benchmark::State& state, std::uint64_t messages, const Arguments&... arguments) {
  Work work("", Payload{kBytes}, arguments...);
  run_rounds(state, work, messages);
}

constexpr std::uint64_t kStreamed = 4'000'000;
constexpr std::uint64_t kTrips = 200'000;

void stream_boost(benchmark::State& state) { measure<Stream<BoostQueue<kBytes, kBuffer>>>(state, kStreamed); }
void stream_lines(benchmark::State& state) {
  measure<Stream<Lines<FlowControl::kSparse>>>(state, kStreamed, kBytes, kBuffer / 64);
}
void stream_ring(benchmark::State& state) {
  const TemporaryDirectory directory;
  measure<Stream<Ring>>(state, kStreamed, RingSetup{.directory = directory.path(), .capacity = kBuffer});
}
void round_trip_boost(benchmark::State& state) { measure<RoundTrip<BoostQueue<kBytes, kBuffer>>>(state, kTrips); }
void round_trip_lines(benchmark::State& state) {
  measure<RoundTrip<Lines<FlowControl::kNone>>>(state, kTrips, kBytes, kBuffer / 64);
}
void round_trip_ring(benchmark::State& state) {
  const TemporaryDirectory directory;
  measure<RoundTrip<Ring>>(state, kTrips, RingSetup{.directory = directory.path(), .capacity = kBuffer});
}

BENCHMARK(stream_lines)->UseManualTime();
BENCHMARK(stream_ring)->UseManualTime();
BENCHMARK(stream_boost)->UseManualTime();
BENCHMARK(round_trip_lines)->UseManualTime();
BENCHMARK(round_trip_ring)->UseManualTime();
BENCHMARK(round_trip_boost)->UseManualTime();

}  // namespace
}  // namespace ringmain::bench
