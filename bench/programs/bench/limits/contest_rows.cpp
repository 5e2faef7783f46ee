// The rows in which carriers do the same work in turns.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "carriers/blocks.hpp"
#include "carriers/futex.hpp"
#include "carriers/lines.hpp"
#include "carriers/ring.hpp"
#include "harness/contest.hpp"
#include "harness/temporary_directory.hpp"
#include "programs/bench/limits/fan_out.hpp"
#include "programs/bench/limits/row.hpp"
#include "workloads/round_trip.hpp"
#include "workloads/stream.hpp"

namespace ringmain::bench {
namespace {

constexpr std::size_t kKiB = std::size_t{1} << 10;
constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kRingBytes = 8 * kMiB;
constexpr auto kAtMost = Target::Sense::kAtMost;
constexpr auto kAtLeast = Target::Sense::kAtLeast;

// Who takes part, limits first.
class Field {
 public:
  Field(const Settings& settings, const Payload& payload) : settings_(settings), payload_(payload) {}

  // A workload that is told its payload.
  template <class Work, class... Arguments>
  Work& add(LineKind kind, const char* name, Arguments&&... arguments) {
    return add_work<Work>(kind, name, payload_, std::forward<Arguments>(arguments)...);
  }

  template <class Work, class... Arguments>
  Work& add_work(LineKind kind, const char* name, Arguments&&... arguments) {
    auto contestant = std::make_unique<Work>(name, std::forward<Arguments>(arguments)...);
    Work& added = *contestant;
    contestants_.push_back(std::move(contestant));
    kinds_.push_back(kind);
    return added;
  }

  RingSetup ring(std::size_t capacity = kRingBytes, std::chrono::nanoseconds spin = RingSetup{}.spin) const {
    return {directory_.path(), capacity, spin};
  }

  // `figure` turns nanoseconds a message into the row's unit; `judged` counts the rings.
  template <class Figure>
  RowResult run(Figure figure, std::size_t judged = 0) const {
    ContestOptions options;
    options.rounds = settings_.rounds;
    const double turns = static_cast<double>(contestants_.size() * options.rounds);
    options.round_time =
        std::chrono::milliseconds(std::clamp(static_cast<int>(1e3 * settings_.seconds / turns), 1, 200));
    const Outcome outcome = run_contest(contestants_, options);
    const auto limits = static_cast<std::size_t>(std::count(kinds_.begin(), kinds_.end(), LineKind::kLimit));
    RowResult result;
    result.limit = outcome.fastest_of_first(limits);
    result.judged = limits + judged;
    const bool rate = figure(1.0) > figure(2.0);
    for (std::size_t i = 0; i < contestants_.size(); ++i) {
      const Spread time = outcome.ns_per_message(i);
      const auto [least, most] = std::minmax({figure(time.low), figure(time.high)});
      result.lines.push_back({contestants_[i]->name(),
                              kinds_[i],
                              {least, figure(time.median), most},
                              rate ? outcome.ratio(result.limit, i) : outcome.ratio(i, result.limit),
                              outcome.preemptions_per_round(i)});
    }
    return result;
  }

 private:
  const Settings& settings_;
  Payload payload_;
  TemporaryDirectory directory_;
  Contestants contestants_;
  std::vector<LineKind> kinds_;
};

double nanoseconds(double ns) { return ns; }
double microseconds(double ns) { return ns / 1e3; }
double millions_per_second(double ns) { return 1e3 / ns; }

RowResult round_trip(const Settings& settings, std::size_t bytes) {
  using Limit = RoundTrip<Lines<FlowControl::kNone>>;
  using PrefetchingLimit = RoundTrip<Lines<FlowControl::kNone, 4>>;
  constexpr std::size_t kSlots = kRingBytes / 64 / 2;  // two directions
  Field field(settings, {bytes});
  field.add<Limit>(LineKind::kLimit, "raw, fresh lines", bytes, kSlots);
  field.add<PrefetchingLimit>(LineKind::kLimit, "raw, fresh lines, prefetched", bytes, kSlots);
  field.add<Limit>(LineKind::kLimit, "raw, the same line", bytes, std::size_t{1});
  field.add<RoundTrip<Ring>>(LineKind::kRing, "ring", field.ring(kRingBytes / 2));
  return field.run(nanoseconds);
}

// The reader that waits as the ring's does: it looks again at once.
RowResult small_stream(const Settings& settings, std::size_t bytes) {
  Field field(settings, {bytes});
  field.add<Stream<Lines<FlowControl::kSparse>>>(LineKind::kLimit, "raw", bytes, kRingBytes / 64);
  field.add<Stream<Lines<FlowControl::kSparse, 16>>>(LineKind::kLimit, "raw, prefetched", bytes, kRingBytes / 64);
  field.add<Stream<Ring>>(LineKind::kRing, "ring, may sleep", field.ring());
  field.add<Stream<Ring>>(LineKind::kRing, "ring, only spins", field.ring(kRingBytes, kForever));
  return field.run(millions_per_second);
}

// Against a reader that gives the writer a head start when it has caught up.
RowResult patient_stream(const Settings& settings, std::size_t bytes) {
  Field field(settings, {bytes});
  field.add<Stream<Lines<FlowControl::kSparse, 0, 16>>>(LineKind::kLimit, "raw, head start 16", bytes, kRingBytes / 64);
  field.add<Stream<Lines<FlowControl::kSparse, 0, 128>>>(LineKind::kLimit, "raw, head start 128", bytes,
                                                         kRingBytes / 64);
  field.add<Stream<Ring>>(LineKind::kRing, "ring, may sleep", field.ring());
  return field.run(millions_per_second);
}

RowResult may_sleep(const Settings& settings, std::size_t bytes) {
  Field field(settings, {bytes});
  field.add<Stream<Ring>>(LineKind::kLimit, "ring, only spins", field.ring(kRingBytes, kForever));
  field.add<Stream<Ring>>(LineKind::kRing, "ring, may sleep", field.ring());
  return field.run(millions_per_second);
}

RowResult large_stream(const Settings& settings, const Payload& payload) {
  Field field(settings, payload);
  field.add<Stream<Blocks>>(LineKind::kLimit, "raw, 8 MiB", payload.bytes, 8 * kMiB);
  field.add<Stream<Blocks>>(LineKind::kLimit, "raw, 16 MiB", payload.bytes, 16 * kMiB);
  field.add<Stream<Ring>>(LineKind::kRing, "ring, 8 MiB", field.ring(8 * kMiB));
  field.add<Stream<Ring>>(LineKind::kRing, "ring, 16 MiB", field.ring(16 * kMiB));
  const auto bytes = static_cast<double>(payload.bytes);
  return field.run([bytes](double ns) { return bytes / ns; });  // GB/s
}

RowResult sleeping_round_trip(const Settings& settings, std::size_t bytes) {
  constexpr std::uint64_t kThinkNs = 30'000;  // longer than any way to bed
  Field field(settings, {bytes});
  field.add<RoundTrip<Futex>>(LineKind::kLimit, "raw futex", bytes).think_for(kThinkNs);
  field.add<RoundTrip<Ring>>(LineKind::kRing, "ring, sleeps at once", field.ring(kMiB, std::chrono::nanoseconds(0)))
      .think_for(kThinkNs);
  return field.run(microseconds);
}

RowResult fan_out(const Settings& settings) {
  Field field(settings, {});
  field.add_work<FanOut>(LineKind::kLimit, "1 group", field.ring(), std::size_t{1});
  field.add_work<FanOut>(LineKind::kRing, "64 groups", field.ring(), std::size_t{64});
  return field.run(nanoseconds);
}

// One of the above, with messages of a certain size.
auto of(RowResult (*measure)(const Settings&, std::size_t), std::size_t bytes) {
  return [measure, bytes](const Settings& settings) { return measure(settings, bytes); };
}

}  // namespace

std::vector<Row> contest_rows() {
  const auto large = [](std::size_t bytes, Touch touch) {
    return [payload = Payload{bytes, touch}](const Settings& settings) { return large_stream(settings, payload); };
  };
  const Target at_most_round_trip{kAtMost, 1.15, ""};
  const Target at_least{kAtLeast, 0.9, ""};
  return {
      {"round-trip", "round trip, 48 B (one line), spinning", "ns", at_most_round_trip, of(round_trip, 48)},
      {"round-trip-64", "round trip, 64 B (two lines), spinning", "ns", at_most_round_trip, of(round_trip, 64)},
      {"stream-32", "stream, 32 B", "M/s", at_least, of(small_stream, 32)},
      {"stream-48", "stream, 48 B", "M/s", at_least, of(small_stream, 48)},
      {"stream-48-patient", "stream, 48 B, to a limit with a patient reader", "M/s", at_least, of(patient_stream, 48)},
      {"may-sleep", "stream, 32 B, may sleep against only spins", "M/s", at_least, of(may_sleep, 32)},
      {"stream-64k", "stream, 64 KiB, in place", "GB/s", at_least, large(64 * kKiB, Touch::kAll)},
      {"stream-1m", "stream, 1 MiB, in place", "GB/s", at_least, large(kMiB, Touch::kAll)},
      {"copy-64k", "stream, 64 KiB, copied in", "GB/s", at_least, large(64 * kKiB, Touch::kAllCopied)},
      {"copy-1m", "stream, 1 MiB, copied in", "GB/s", at_least, large(kMiB, Touch::kAllCopied)},
      {"sleeping", "round trip, 48 B, sleeping", "us", {kAtMost, 1.05, ""}, of(sleeping_round_trip, 48)},
      {"fan-out", "publish to 64 awake groups against 1", "ns", {kAtMost, 1.1, ""}, fan_out},
  };
}

}  // namespace ringmain::bench
