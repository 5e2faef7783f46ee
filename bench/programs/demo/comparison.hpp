// The ring, a pipe and a unix socket next to the physical limit, all in one run, interleaved.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "harness/contest.hpp"

namespace ringmain::bench {

// One carrier's line in the table.
struct CarrierFigures {
  std::string name;
  double p50_ns = 0;  // of single round trips of 48 bytes, the clock's own cost subtracted
  double p99_ns = 0;
  double p999_ns = 0;
  double over_limit = 0;       // round trip: median over the rounds of its mean time by the limit's
  double million_per_s = 0;    // stream of 48-byte messages
  double gigabytes_per_s = 0;  // stream of 64 KiB messages
};

struct Comparison {
  std::vector<CarrierFigures> carriers;  // the limit first, then the ring
  double spread = 0;                     // of the ring's round-trip ratio between its quartiles
};

Comparison compare_carriers(const ContestOptions& options);
void print_comparison(const Comparison& comparison);

}  // namespace ringmain::bench
