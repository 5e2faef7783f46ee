// SPDX-License-Identifier: MIT
#include "programs/bench/html/plots.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "programs/bench/carriers.hpp"

namespace ringmain::bench {
namespace {

// The ring's is the first; the limit is grey.
constexpr std::array<std::string_view, 12> kColours{"#1f6fc4", "#d1495b", "#edae49", "#3f8f5b", "#8a5aa8", "#e07b39",
                                                    "#5ab1bb", "#b56576", "#7f7f3f", "#3d405b", "#f28482", "#84a98c"};

// A carrier has its colour in all pictures of all runs.
std::string colour_of(const Entry& entry) {
  if (entry.kind == Kind::kLimit) return "#999999";
  const auto all = carriers();
  const auto place = std::find_if(all.begin(), all.end(), [&](const NamedCarrier& c) { return c.name == entry.name; });
  return std::string(kColours[static_cast<std::size_t>(place - all.begin()) % kColours.size()]);
}

constexpr const char* kPercentTics =
    "set xrange [1:*]\n"
    "set xtics ('0 %%' 1, '50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1e3, '99.99 %%' 1e4, '99.999 %%' 1e5, "
    "'99.9999 %%' 1e6)\n"
    "set format y '%.0s %cs'\n";

constexpr const char* kSizeTics =
    "set xtics ('8 B' 8, '32 B' 32, '256 B' 256, '2 KiB' 2048, '16 KiB' 16384, '64 KiB' 65536, '512 KiB' 524288, "
    "'4 MiB' 4194304)\n";

Curve curve_of(const Entry& entry) {
  const bool limit = entry.kind == Kind::kLimit;
  return {limit ? "limit" : entry.name, colour_of(entry), limit, {}};
}

Curve* find_curve(Plot& plot, const std::string& name) {
  const auto found =
      std::find_if(plot.curves.begin(), plot.curves.end(), [&](const Curve& c) { return c.name == name; });
  return found == plot.curves.end() ? nullptr : &*found;
}

// `figure` makes the y value of a payload size and the nanoseconds of a message.
template <class Figure>
Plot plot_by_size(std::span<const Result> results, Work work, std::string y_label, const char* format, Figure figure) {
  Plot plot{"size of a message", std::move(y_label), std::string(kSizeTics) + "set format y '" + format + "'\n",
            "linespoints pt 7 ps 0.5"};
  for (const Result& result : results) {
    if (result.task.work != work) continue;
    for (const Entry& entry : result.entries) {
      Curve curve = curve_of(entry);
      Curve* known = find_curve(plot, curve.name);
      if (known == nullptr) known = &plot.curves.emplace_back(std::move(curve));
      const auto bytes = static_cast<double>(result.task.payload.bytes);
      known->points.emplace_back(bytes, figure(bytes, entry.ns.median));
    }
  }
  for (Curve& curve : plot.curves) std::sort(curve.points.begin(), curve.points.end());
  return plot;
}

}  // namespace

std::optional<Plot> latency_plot(const Result& result) {
  Plot plot{"percentile: this part of all messages was faster", "latency", kPercentTics, "lines"};
  for (const Entry& entry : result.entries) {
    if (!entry.percentiles) continue;
    Curve curve = curve_of(entry);
    for (const auto& [fraction, ns] : entry.percentiles->curve) {
      if (ns > 0) curve.points.emplace_back(1 / (1 - fraction), ns / 1e9);
    }
    plot.curves.push_back(std::move(curve));
  }
  if (plot.curves.empty()) return std::nullopt;
  return plot;
}

std::vector<std::pair<std::string, Plot>> size_plots(std::span<const Result> results) {
  std::vector<std::pair<std::string, Plot>> plots;
  for (const Workload& workload : workloads()) {
    const auto count = std::count_if(results.begin(), results.end(),
                                     [&](const Result& result) { return result.task.work == workload.work; });
    if (count < 2) continue;
    const std::string name(workload.name);
    if (is_about_time(workload.work)) {
      plots.emplace_back("Time by size: " + name, plot_by_size(results, workload.work, "time of a message", "%.0s %cs",
                                                               [](double /*bytes*/, double ns) { return ns / 1e9; }));
      continue;
    }
    plots.emplace_back("Throughput by size: " + name,
                       plot_by_size(results, workload.work, "throughput", "%.0s %cB/s",
                                    [](double bytes, double ns) { return bytes * 1e9 / ns; }));
    plots.emplace_back("Messages a second by size: " + name,
                       plot_by_size(results, workload.work, "messages a second", "%.0s %c",
                                    [](double /*bytes*/, double ns) { return 1e9 / ns; }));
  }
  return plots;
}

}  // namespace ringmain::bench
