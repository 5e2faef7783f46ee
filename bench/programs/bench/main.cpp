// ringmain-bench: the ring and other ways to move messages between processes, measured side by side. `ringmain bench`
// runs it.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>

#include "harness/machine.hpp"
#include "harness/processes.hpp"
#include "programs/bench/carriers.hpp"
#include "programs/bench/html/page.hpp"
#include "programs/bench/json.hpp"
#include "programs/bench/limits/suite.hpp"
#include "programs/bench/measure.hpp"
#include "programs/bench/options.hpp"
#include "programs/bench/progress.hpp"
#include "programs/bench/text_table.hpp"
#include "programs/bench/trust.hpp"

namespace {

using namespace ringmain::bench;

constexpr int kWrongUsage = 2;

void list() {
  fmt::print("Workloads\n");
  for (const Workload& workload : workloads()) fmt::print("  {:<20} {}\n", workload.name, workload.description);
  fmt::print("\nCarriers (*: by default)\n");
  for (const NamedCarrier& carrier : carriers()) {
    fmt::print("  {:<11} {} {}\n", carrier.name, carrier.by_default ? '*' : ' ', carrier.description);
  }
}

void print_text(const Result& result) {
  fmt::print("{}", text_of(result));
  std::fflush(stdout);
}

void print_end(const Run& run) {
  fmt::print("\n");
  for (const std::string_view line : legend()) fmt::print("  {}\n", line);
  for (const std::string& doubt : run.doubts) fmt::print("WARNING: {}\n", doubt);
}

// An unwritable file is told before the measuring, not after it.
void check_report(const std::string& path) {
  if (!program_exists("gnuplot")) throw UsageError("--report needs gnuplot for its pictures (Debian: gnuplot-nox)");
  if (!std::ofstream(path, std::ios::app)) throw UsageError(fmt::format("--report: cannot write {}", path));
}

void write_report(const std::string& path, const Run& run) {
  std::ofstream file(path);
  file << html_page(run);
  if (!file.flush()) throw std::runtime_error(fmt::format("cannot write {}", path));
  fmt::print(stderr, "The report is in {}\n", path);
}

void measure_all(const Options& options) {
  if (!options.report.empty()) check_report(options.report);
  const Bystanders bystanders;
  Run run{options.command_line, this_machine(), {}, {}};
  if (!options.json) {
    fmt::print("{}, {} CPUs allowed, Linux {}\n", run.machine.cpu, run.machine.cpus, run.machine.kernel);
    fmt::print(
        "Separate processes; every word of the payload is written and read unless it says otherwise. All carriers "
        "of a table take turns, {} rounds.\n",
        options.rounds);
  }
  const std::vector<Task> tasks = tasks_of(options);
  Progress progress(tasks.size());
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    run.results.push_back(measure(tasks[i], options, [&](double part) { progress.show(i, part, title(tasks[i])); }));
    progress.clear();
    if (!options.json) print_text(run.results.back());
  }
  run.doubts = doubts(options, run.results, bystanders);
  if (options.json) {
    fmt::print("{}\n", to_json(run).dump(2));
  } else {
    print_end(run);
  }
  if (!options.report.empty()) write_report(options.report, run);
}

void run(const Options& options) {
  if (options.list) {
    options.limits_suite ? list_limits_suite() : list();
  } else if (options.limits_suite) {
    run_limits_suite(options);
  } else {
    measure_all(options);
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    catch_interrupts();
    if (const auto options = parse(argc, argv)) run(*options);
    return 0;
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal;
  } catch (const UsageError& error) {
    fmt::print(stderr, "ringmain bench: {}\nSee ringmain bench --help\n", error.what());
    return kWrongUsage;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringmain bench: {}\n", error.what());
    return 1;
  }
}
