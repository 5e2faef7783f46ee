// What was found out about one task.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/statistics.hpp"
#include "programs/bench/task.hpp"

namespace ringmain::bench {

enum class Kind : std::uint8_t { kLimit, kRing, kRival };

// Of all latencies of a run, in nanoseconds. Each is one of them.
struct Percentiles {
  double p50 = 0;
  double p90 = 0;
  double p99 = 0;
  double p999 = 0;
  double max = 0;
  std::size_t count = 0;
  std::vector<std::pair<double, double>> curve{};  // fraction, nanoseconds; ever closer to 1
};

// One carrier.
struct Entry {
  std::string name;
  Kind kind = Kind::kRival;
  Spread ns{};                               // a message, or its latency where that is the subject
  std::optional<Spread> ring_faster{};       // its time by the ring's, formed round by round
  std::optional<Spread> over_limit{};        // its time by the limit's, formed round by round
  std::optional<Percentiles> percentiles{};  // where single latencies are known
  double cpu_ns = 0;                         // of all sides, a message
  std::optional<double> system_calls{};      // of all sides, a message
  double preemptions = 0;                    // a round
  std::vector<double> rounds{};              // ns, as above, of each
};

struct Skipped {
  std::string name;
  std::string why;
};

struct Result {
  Task task;
  std::vector<Entry> entries{};  // the fastest limit, the ring, the others
  std::vector<Skipped> skipped{};
};

}  // namespace ringmain::bench
