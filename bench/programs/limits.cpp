// ringmain-limits: the physical limits of this machine, each in several ways of reaching it. The fastest way is the
// limit that everything else is held against; this program shows that the others are no better.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "carriers/blocks.hpp"
#include "carriers/futex.hpp"
#include "carriers/lines.hpp"
#include "harness/contest.hpp"
#include "harness/machine.hpp"
#include "harness/processes.hpp"
#include "workloads/round_trip.hpp"
#include "workloads/stream.hpp"

namespace {

using namespace ringmain::bench;

constexpr std::size_t kSlots = std::size_t{1} << 14;
constexpr std::size_t kMiB = std::size_t{1} << 20;

template <class Work, class... Arguments>
void add(Contestants& contestants, std::string name, Arguments... arguments) {
  contestants.push_back(std::make_unique<Work>(std::move(name), arguments...));
}

template <std::size_t kAhead>
using PingPong = RoundTrip<Lines<48, FlowControl::kNone, kAhead>>;
template <std::size_t kBytes, std::size_t kAhead, std::size_t kHeadStart>
using LineStream = Stream<Lines<kBytes, FlowControl::kSparse, kAhead, kHeadStart>>;

Contestants line_ping_pongs() {
  Contestants all;
  add<PingPong<0>>(all, "one line", std::size_t{1});
  add<PingPong<0>>(all, "fresh lines", kSlots);
  add<PingPong<1>>(all, "fresh lines, prefetchw 1", kSlots);
  add<PingPong<2>>(all, "fresh lines, prefetchw 2", kSlots);
  add<PingPong<4>>(all, "fresh lines, prefetchw 4", kSlots);
  add<PingPong<1>>(all, "fresh lines, prefetchw 1, 64 lines", std::size_t{64});
  add<RoundTrip<Lines<48, FlowControl::kNone, 0, 128>>>(all, "fresh lines, head start 128", kSlots);
  return all;
}

template <std::size_t kBytes>
Contestants line_streams() {
  Contestants all;
  for (const std::size_t slots : {kSlots, kSlots * 8}) {
    const std::string suffix = fmt::format(", {} KiB", slots / 16);
    add<LineStream<kBytes, 0, 0>>(all, "plain" + suffix, slots);
    add<LineStream<kBytes, 16, 0>>(all, "prefetchw 16" + suffix, slots);
    add<LineStream<kBytes, 0, 4>>(all, "head start 4" + suffix, slots);
    add<LineStream<kBytes, 0, 16>>(all, "head start 16" + suffix, slots);
    add<LineStream<kBytes, 0, 128>>(all, "head start 128" + suffix, slots);
    add<LineStream<kBytes, 16, 128>>(all, "prefetchw 16, head start 128" + suffix, slots);
  }
  return all;
}

template <std::size_t kBytes>
Contestants block_streams() {
  Contestants all;
  for (const std::size_t mib : {std::size_t{2}, std::size_t{8}, std::size_t{16}}) {
    add<Stream<Blocks<kBytes>>>(all, fmt::format("{} MiB buffer, in place", mib), mib * kMiB);
    add<Stream<Blocks<kBytes>, Writing::kStaged>>(all, fmt::format("{} MiB buffer, staged", mib), mib * kMiB);
  }
  return all;
}

Contestants futexes() {
  Contestants all;
  auto thinking = std::make_unique<RoundTrip<Futex<48>>>("after 30 us of thinking");
  thinking->think_for(30'000);
  all.push_back(std::move(thinking));
  add<RoundTrip<Futex<48>>>(all, "at once");
  return all;
}

struct Limit {
  const char* name;
  const char* unit;
  std::function<Contestants()> contestants;
  std::function<double(double)> figure;  // from nanoseconds a message
};

double as_is(double ns) { return ns; }
double millions(double ns) { return 1e3 / ns; }
template <std::size_t kBytes>
double gigabytes(double ns) {
  return kBytes / ns;
}

const std::vector<Limit>& limits() {
  static const std::vector<Limit> all{
      {"round trip, 48 B", "ns", line_ping_pongs, as_is},
      {"stream, 32 B", "M/s", line_streams<32>, millions},
      {"stream, 48 B", "M/s", line_streams<48>, millions},
      {"write + read, 64 KiB", "GB/s", block_streams<std::size_t{64} << 10>, gigabytes<std::size_t{64} << 10>},
      {"write + read, 1 MiB", "GB/s", block_streams<kMiB>, gigabytes<kMiB>},
      {"round trip, sleeping", "ns", futexes, as_is},
  };
  return all;
}

void print_limit(const Limit& limit, const ContestOptions& options) {
  const Contestants contestants = limit.contestants();
  const Outcome outcome = run_contest(contestants, options);
  fmt::print("\n{} [{}]\n", limit.name, limit.unit);
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    const Spread time = outcome.ns_per_message(i);
    fmt::print("  {:<36} {:>9.1f}  quartiles {:.1f} .. {:.1f}, {:.1f} preemptions a round\n", contestants[i]->name(),
               limit.figure(time.median), limit.figure(time.low), limit.figure(time.high),
               outcome.preemptions_per_round(i));
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The physical limits of this machine between two processes"};
  ContestOptions options;
  std::string only;
  unsigned round_ms = 40;
  app.add_option("--rounds", options.rounds, "rounds of each variant")->capture_default_str();
  app.add_option("--round-ms", round_ms, "length of a round in milliseconds")->capture_default_str();
  app.add_option("--only", only, "limits whose name contains this");
  CLI11_PARSE(app, argc, argv);
  options.round_time = std::chrono::milliseconds(round_ms);
  try {
    catch_interrupts();
    print_machine();
    for (const Limit& limit : limits()) {
      if (std::string(limit.name).find(only) != std::string::npos) print_limit(limit, options);
    }
    return 0;
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringmain-limits: {}\n", error.what());
    return 1;
  }
}
