// Which pictures there are.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "programs/bench/html/gnuplot.hpp"
#include "programs/bench/result.hpp"

namespace ringmain::bench {

// Latency by percentile, a curve for each carrier. Nothing: the task isn't about latency.
std::optional<Plot> latency_plot(const Result& result);

// Throughput and messages a second by size, for each workload that was measured with several sizes; with headings.
std::vector<std::pair<std::string, Plot>> size_plots(std::span<const Result> results);

}  // namespace ringmain::bench
