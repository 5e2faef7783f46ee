// ringmain-bench --suite limits: the ring between two processes, held against the physical limits of the machine it runs
// on, with the aims of the project. Every ratio is formed within one run, from rounds that take turns.
// SPDX-License-Identifier: MIT
#pragma once

#include "programs/bench/options.hpp"

namespace ringmain::bench {

void list_limits_suite();
void run_limits_suite(const Options& options);  // throws UsageError for a row that isn't there

}  // namespace ringmain::bench
