// The rows in which carriers do the same work in turns.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "carriers/blocks.hpp"
#include "carriers/boost_queue.hpp"
#include "carriers/byte_stream.hpp"
#include "carriers/futex.hpp"
#include "carriers/lines.hpp"
#include "carriers/ring.hpp"
#include "harness/contest.hpp"
#include "harness/temporary_directory.hpp"
#include "programs/cross_process/fan_out.hpp"
#include "programs/cross_process/row.hpp"
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
  explicit Field(const Settings& settings) : settings_(settings) {}

  template <class Work, class... Arguments>
  Work& add(Kind kind, const char* name, Arguments&&... arguments) {
    auto contestant = std::make_unique<Work>(name, std::forward<Arguments>(arguments)...);
    Work& added = *contestant;
    contestants_.push_back(std::move(contestant));
    kinds_.push_back(kind);
    return added;
  }

  bool rivals() const noexcept { return settings_.rivals; }
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
    const auto limits = static_cast<std::size_t>(std::count(kinds_.begin(), kinds_.end(), Kind::kLimit));
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
  TemporaryDirectory directory_;
  Contestants contestants_;
  std::vector<Kind> kinds_;
};

double nanoseconds(double ns) { return ns; }
double microseconds(double ns) { return ns / 1e3; }
double millions_per_second(double ns) { return 1e3 / ns; }

template <std::size_t kBytes>
double gigabytes_per_second(double ns) {
  return static_cast<double>(kBytes) / ns;
}

template <std::size_t kBytes>
RowResult round_trip(const Settings& settings) {
  using Limit = RoundTrip<Lines<kBytes, FlowControl::kNone>>;
  using PrefetchingLimit = RoundTrip<Lines<kBytes, FlowControl::kNone, 4>>;
  constexpr std::size_t kSlots = kRingBytes / 64 / 2;  // two directions
  Field field(settings);
  field.add<Limit>(Kind::kLimit, "raw, fresh lines", kSlots);
  field.add<PrefetchingLimit>(Kind::kLimit, "raw, fresh lines, prefetched", kSlots);
  field.add<Limit>(Kind::kLimit, "raw, the same line", std::size_t{1});
  field.add<RoundTrip<Ring<kBytes>>>(Kind::kRing, "ring", field.ring(kRingBytes / 2));
  if (field.rivals()) {
    field.add<RoundTrip<BoostQueue<kBytes>>>(Kind::kRival, "Boost.Lockfree");
    field.add<RoundTrip<Pipe<kBytes>>>(Kind::kRival, "pipe");
    field.add<RoundTrip<UnixStream<kBytes>>>(Kind::kRival, "unix socket");
  }
  return field.run(nanoseconds);
}

template <std::size_t kBytes>
void add_small_stream_rivals(Field& field) {
  if (!field.rivals()) return;
  field.add<Stream<BoostQueue<kBytes, kRingBytes>>>(Kind::kRival, "Boost.Lockfree");
  field.add<Stream<Pipe<kBytes>>>(Kind::kRival, "pipe");
  field.add<Stream<UnixStream<kBytes>>>(Kind::kRival, "unix socket");
}

// The reader that waits as the ring's does: it looks again at once.
template <std::size_t kBytes>
RowResult small_stream(const Settings& settings) {
  Field field(settings);
  field.add<Stream<Lines<kBytes, FlowControl::kSparse>>>(Kind::kLimit, "raw", kRingBytes / 64);
  field.add<Stream<Lines<kBytes, FlowControl::kSparse, 16>>>(Kind::kLimit, "raw, prefetched", kRingBytes / 64);
  field.add<Stream<Ring<kBytes>>>(Kind::kRing, "ring, may sleep", field.ring());
  field.add<Stream<Ring<kBytes>>>(Kind::kRing, "ring, only spins", field.ring(kRingBytes, kForever));
  add_small_stream_rivals<kBytes>(field);
  return field.run(millions_per_second);
}

// Against a reader that gives the writer a head start when it has caught up.
template <std::size_t kBytes>
RowResult patient_stream(const Settings& settings) {
  Field field(settings);
  field.add<Stream<Lines<kBytes, FlowControl::kSparse, 0, 16>>>(Kind::kLimit, "raw, head start 16", kRingBytes / 64);
  field.add<Stream<Lines<kBytes, FlowControl::kSparse, 0, 128>>>(Kind::kLimit, "raw, head start 128", kRingBytes / 64);
  field.add<Stream<Ring<kBytes>>>(Kind::kRing, "ring, may sleep", field.ring());
  return field.run(millions_per_second);
}

template <std::size_t kBytes>
RowResult may_sleep(const Settings& settings) {
  Field field(settings);
  field.add<Stream<Ring<kBytes>>>(Kind::kLimit, "ring, only spins", field.ring(kRingBytes, kForever));
  field.add<Stream<Ring<kBytes>>>(Kind::kRing, "ring, may sleep", field.ring());
  return field.run(millions_per_second);
}

template <std::size_t kBytes, Writing kWriting>
RowResult large_stream(const Settings& settings) {
  Field field(settings);
  field.add<Stream<Blocks<kBytes>, kWriting>>(Kind::kLimit, "raw, 8 MiB", 8 * kMiB);
  field.add<Stream<Blocks<kBytes>, kWriting>>(Kind::kLimit, "raw, 16 MiB", 16 * kMiB);
  field.add<Stream<Ring<kBytes>, kWriting>>(Kind::kRing, "ring, 8 MiB", field.ring(8 * kMiB));
  field.add<Stream<Ring<kBytes>, kWriting>>(Kind::kRing, "ring, 16 MiB", field.ring(16 * kMiB));
  if (field.rivals()) {
    field.add<Stream<Pipe<kBytes>, kWriting>>(Kind::kRival, "pipe");
    field.add<Stream<UnixStream<kBytes>, kWriting>>(Kind::kRival, "unix socket");
  }
  return field.run(gigabytes_per_second<kBytes>);
}

RowResult sleeping_round_trip(const Settings& settings) {
  constexpr std::uint64_t kThinkNs = 30'000;  // longer than any way to bed
  constexpr std::size_t kBytes = 48;
  Field field(settings);
  field.add<RoundTrip<Futex<kBytes>>>(Kind::kLimit, "raw futex").think_for(kThinkNs);
  field.add<RoundTrip<Ring<kBytes>>>(Kind::kRing, "ring, sleeps at once", field.ring(kMiB, std::chrono::nanoseconds(0)))
      .think_for(kThinkNs);
  if (field.rivals()) {
    field.add<RoundTrip<Pipe<kBytes>>>(Kind::kRival, "pipe").think_for(kThinkNs);
    field.add<RoundTrip<UnixStream<kBytes>>>(Kind::kRival, "unix socket").think_for(kThinkNs);
  }
  return field.run(microseconds);
}

RowResult fan_out(const Settings& settings) {
  Field field(settings);
  field.add<FanOut>(Kind::kLimit, "1 group", field.ring(), std::size_t{1});
  field.add<FanOut>(Kind::kRing, "64 groups", field.ring(), std::size_t{64});
  return field.run(nanoseconds);
}

}  // namespace

std::vector<Row> contest_rows() {
  constexpr auto kInPlace = Writing::kInPlace;
  constexpr auto kStaged = Writing::kStaged;
  return {
      {"round-trip", "round trip, 48 B (one line), spinning", "ns", {kAtMost, 1.15, ""}, round_trip<48>},
      {"round-trip-64", "round trip, 64 B (two lines), spinning", "ns", {kAtMost, 1.15, ""}, round_trip<64>},
      {"stream-32", "stream, 32 B", "M/s", {kAtLeast, 0.9, ""}, small_stream<32>},
      {"stream-48", "stream, 48 B", "M/s", {kAtLeast, 0.9, ""}, small_stream<48>},
      {"stream-48-patient",
       "stream, 48 B, to a limit with a patient reader",
       "M/s",
       {kAtLeast, 0.9, ""},
       patient_stream<48>},
      {"may-sleep", "stream, 32 B, may sleep against only spins", "M/s", {kAtLeast, 0.9, ""}, may_sleep<32>},
      {"stream-64k", "stream, 64 KiB, in place", "GB/s", {kAtLeast, 0.9, ""}, large_stream<64 * kKiB, kInPlace>},
      {"stream-1m", "stream, 1 MiB, in place", "GB/s", {kAtLeast, 0.9, ""}, large_stream<kMiB, kInPlace>},
      {"copy-64k", "stream, 64 KiB, copied in", "GB/s", {kAtLeast, 0.9, ""}, large_stream<64 * kKiB, kStaged>},
      {"copy-1m", "stream, 1 MiB, copied in", "GB/s", {kAtLeast, 0.9, ""}, large_stream<kMiB, kStaged>},
      {"sleeping", "round trip, 48 B, sleeping", "us", {kAtMost, 1.05, ""}, sleeping_round_trip},
      {"fan-out", "publish to 64 awake groups against 1", "ns", {kAtMost, 1.1, ""}, fan_out},
  };
}

}  // namespace ringmain::bench
