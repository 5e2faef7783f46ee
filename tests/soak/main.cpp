// ringmain-soak: rings of every kind under load, with faults all the time. Says what it did, and that nothing went wrong.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "soak/cast.hpp"
#include "soak/resources.hpp"
#include "soak/troupe.hpp"
#include "support/scale.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

struct Arguments {
  unsigned seconds = proof_scaled(15u, 300u);
  std::uint64_t seed = 1;
};

// Nothing: they are wrong.
std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) return std::nullopt;
    char* end = nullptr;
    const unsigned long long number = std::strtoull(argv[i + 1], &end, 10);
    if (*argv[i + 1] == '\0' || *end != '\0') return std::nullopt;
    const std::string_view option = argv[i];
    if (option == "--seconds" && number > 0) {
      arguments.seconds = static_cast<unsigned>(number);
    } else if (option == "--seed") {
      arguments.seed = number;
    } else {
      return std::nullopt;
    }
  }
  return arguments;
}

// What this process, the survivors and the rings take at one moment.
struct Use {
  std::vector<ProcessUse> processes;
  DirectoryUse rings;

  static Use of(const Troupe& troupe, const std::filesystem::path& directory) {
    (void)list(directory);  // sweeps what the dead left over
    Use use{.processes = {ProcessUse::of(::getpid())}, .rings = DirectoryUse::of(directory)};
    for (const pid_t pid : troupe.survivors()) use.processes.push_back(ProcessUse::of(pid));
    return use;
  }

  // What may differ by chance: pages that are touched late; a ring that comes and one that goes.
  static constexpr std::uint64_t kSparePagesKb = 128;
  static constexpr std::uint64_t kSpareRingsKb = 1024;
  static constexpr std::uint64_t kSpareFiles = 12;

  void expect_no_growth(const Use& before) const {
    for (std::size_t i = 0; i < processes.size(); ++i) {
      const ProcessUse& now = processes[i];
      require(now.descriptors == before.processes[i].descriptors, "the number of open descriptors changed");
      require(now.memory_kb <= before.processes[i].memory_kb + kSparePagesKb, "memory grew");
    }
    require(rings.kb <= before.rings.kb + kSpareRingsKb && rings.files <= before.rings.files + kSpareFiles,
            "what the rings take grew");
  }
  void print(const char* when) const {
    std::printf("  %s:", when);
    for (const ProcessUse& process : processes) {
      std::printf(" %lu kB, %lu descriptors;", process.memory_kb, process.descriptors);
    }
    std::printf(" rings %lu kB in %lu files and folders\n", rings.kb, rings.files);
  }
};

// Meanwhile this process does what a monitor does, and must not grow by that.
void torment_until(Troupe& troupe, const Cast& cast, std::int64_t end) {
  constexpr useconds_t kTick = 2000;
  constexpr int kTicksToALook = 25;
  for (int tick = 1; monotonic_ns() < end && troupe.bad() == 0; ++tick) {
    troupe.torment();
    if (tick % kTicksToALook == 0) cast.look();
    ::usleep(kTick);
  }
}

// The sums of the rings that lasted.
struct Sums {
  std::uint64_t laps = 0;
  std::uint64_t sleeps = 0;
  explicit Sums(const std::vector<Statistics>& rings) {
    for (const Statistics& ring : rings) {
      laps += ring.tail / ring.capacity;
      sleeps += ring.bells + ring.room_waits;
    }
  }
};

void report(const Arguments& arguments, const Troupe& troupe, const Counts& counts, const Sums& sums) {
  std::printf(
      "PROOF soak: %u s, %lu messages published, %lu MB published, %lu received, %lu laps, %lu overwritten, %lu "
      "redelivered, "
      "%lu kills, %lu stops, %lu sleeps, %lu take-overs, %lu evictions, %lu joins, %lu leaves, %lu births, "
      "%lu removals, %lu bad\n",
      arguments.seconds, counts.published.load(), counts.published_bytes.load() >> 20, counts.received.load(),
      sums.laps, counts.overwritten.load(), counts.redelivered.load(), troupe.kills(), troupe.stops(), sums.sleeps,
      counts.take_overs.load(), counts.evictions.load(), counts.joins.load(), counts.leaves.load(),
      counts.births.load(), counts.removals.load(), troupe.bad());
}

// Faults that didn't come to pass prove nothing.
void expect_faults(const Troupe& troupe, const Counts& counts, const Sums& sums) {
  const auto some = [](std::uint64_t count, const char* what) {
    require(count > 0, std::string("there were no ") + what);
  };
  some(troupe.kills(), "kills");
  some(troupe.stops(), "stops");
  some(sums.laps, "laps");
  some(sums.sleeps, "sleeps");
  some(counts.received.load(), "messages");
  some(counts.overwritten.load(), "messages overwritten");
  some(counts.redelivered.load(), "messages redelivered");
  some(counts.take_overs.load(), "take-overs");
  some(counts.evictions.load(), "evictions");
  some(counts.leaves.load(), "leaves");
  some(counts.births.load(), "births");
  some(counts.removals.load(), "removals");
}

void bow_out(Troupe& troupe, const Cast& cast) {
  troupe.regroup();
  troupe.tell_to_go(Part::Kind::kProducer);
  troupe.wait_for(Part::Kind::kProducer);
  cast.close_rings();
  troupe.wait_for(Part::Kind::kConsumer);
  troupe.wait_for(Part::Kind::kSurvivor);
}

void soak(const Arguments& arguments) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  const Watchdog watchdog(arguments.seconds + 300);
  const TemporaryDirectory directory;
  Cast cast(directory.path());
  Troupe troupe(cast.parts(), arguments.seed);
  const std::int64_t start = monotonic_ns();
  const std::int64_t length = arguments.seconds * kSecond;
  torment_until(troupe, cast, start + length / 4);
  const Use warm = Use::of(troupe, directory.path());
  torment_until(troupe, cast, start + length);
  const Use last = Use::of(troupe, directory.path());
  if (troupe.bad() == 0) bow_out(troupe, cast);

  const Sums sums(cast.statistics());
  report(arguments, troupe, cast.counts(), sums);
  warm.print("after a quarter of the time");
  last.print("at the end");
  require(troupe.bad() == 0, "something went wrong");
  cast.expect_all_went_well();
  cast.remove_rings();
  last.expect_no_growth(warm);
  expect_faults(troupe, cast.counts(), sums);
}

}  // namespace
}  // namespace ringmain::testing

int main(int argc, char** argv) {
  const auto arguments = ringmain::testing::parse(argc, argv);
  if (!arguments) {
    std::fputs("usage: ringmain-soak [--seconds N] [--seed S]\n", stderr);
    return 2;
  }
  try {
    ringmain::testing::soak(*arguments);
  } catch (const std::exception& error) {
    std::printf("soak: %s\n", error.what());
    return 1;
  }
}
