// SPDX-License-Identifier: MIT
#include "programs/bench/trust.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "harness/machine.hpp"

namespace ringmain::bench {
namespace {

constexpr double kMoved = 1.6;     // the limit's slow rounds by its fast ones: the cores aren't where they were
constexpr double kUnsteady = 0.4;  // between the quartiles of the ring's rounds, as a part of the median
constexpr double kBusy = 0.5;      // load before the run, in CPUs
constexpr double kStolen = 0.02;   // of all CPU time
constexpr double kPreempted = 20;  // times in a turn

struct CpuTimes {
  std::uint64_t all = 0;
  std::uint64_t stolen = 0;
};

// The first line of /proc/stat: user nice system idle iowait irq softirq steal.
CpuTimes cpu_times() {
  constexpr int kColumns = 8;
  std::ifstream stat("/proc/stat");
  std::string cpu;
  stat >> cpu;
  CpuTimes times;
  for (int i = 0; i < kColumns && stat >> times.stolen; ++i) times.all += times.stolen;
  return times;
}

void doubt_build(std::vector<std::string>& doubts) {
  for (const std::string& warning : build_warnings()) {
    doubts.push_back(
        fmt::format("This program was {}: the figures mean nothing. Build with CMAKE_BUILD_TYPE=Release.", warning));
  }
}

void doubt_cores(const Options& options, std::span<const Result> results, std::vector<std::string>& doubts) {
  const std::size_t cpus = options.cpus.empty() ? allowed_cpus().size() : options.cpus.size();
  for (const Result& result : results) {
    if (result.task.consumers + 1 > cpus) {
      doubts.push_back(
          fmt::format("{}: {} processes share {} CPUs. Spinning then costs others their time; figures of such "
                      "a run say little about a machine with enough cores.",
                      title(result.task), result.task.consumers + 1, cpus));
    }
  }
  if (!options.pinned) doubts.emplace_back("The processes weren't pinned: the kernel may have moved them about.");
}

// The limit's rounds tell how far apart the cores were. Not those of a stream of large messages or of a futex, which
// depend on more than that.
bool tells_of_cores(const Result& result, const Entry& entry) {
  if (entry.kind != Kind::kLimit || !entry.name.starts_with("raw line")) return false;
  return result.task.work == Work::kRoundTrip || result.task.work == Work::kStream;
}

bool cores_moved(const Result& result, const Entry& entry) {
  return tells_of_cores(result, entry) && quantile(entry.rounds, 0.9) > kMoved * quantile(entry.rounds, 0.1);
}

bool unsteady(const Result& /*result*/, const Entry& entry) {
  return entry.kind == Kind::kRing && entry.ns.width() > kUnsteady;
}

bool preempted(const Result& result, const Entry& entry) {
  return entry.kind == Kind::kRing && result.task.consumers == 1 && entry.preemptions > kPreempted;
}

// One doubt about all tables that have an entry for which `doubtful` holds.
void doubt_tables(std::span<const Result> results, bool (*doubtful)(const Result&, const Entry&), const char* doubt,
                  std::vector<std::string>& doubts) {
  std::vector<std::string> tables;
  for (const Result& result : results) {
    const auto& entries = result.entries;
    if (std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) { return doubtful(result, entry); })) {
      tables.push_back(title(result.task));
    }
  }
  if (!tables.empty()) doubts.push_back(fmt::format("{} ({}).", doubt, fmt::join(tables, "; ")));
}

}  // namespace

Bystanders::Bystanders() : load_(0) {
  if (::getloadavg(&load_, 1) != 1) load_ = 0;
  const CpuTimes now = cpu_times();
  all_ = now.all;
  stolen_ = now.stolen;
}

double Bystanders::stolen() const {
  const CpuTimes now = cpu_times();
  return static_cast<double>(now.stolen - stolen_) / static_cast<double>(std::max<std::uint64_t>(1, now.all - all_));
}

std::vector<std::string> doubts(const Options& options, std::span<const Result> results, const Bystanders& bystanders) {
  std::vector<std::string> found;
  doubt_build(found);
  doubt_cores(options, results, found);
  if (bystanders.load_before() > kBusy) {
    found.push_back(
        fmt::format("The machine was busy before the run began (load average {:.1f}).", bystanders.load_before()));
  }
  if (const double stolen = bystanders.stolen(); stolen > kStolen) {
    found.push_back(
        fmt::format("The hypervisor gave {:.0f} % of the CPU time to other machines (steal).", 100 * stolen));
  }
  doubt_tables(
      results, cores_moved,
      "The cores moved near or far during the run, as the limit shows: ratios hold, absolute figures don't repeat",
      found);
  doubt_tables(results, unsteady, "The ring's rounds differ much", found);
  doubt_tables(results, preempted, "The kernel often took a core away from the ring's processes", found);
  return found;
}

}  // namespace ringmain::bench
