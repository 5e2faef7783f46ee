// ringmain-cross-process: the ring between two processes, held against the physical limits of the machine it runs on.
// Every ratio is formed within one run, from rounds that take turns.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "harness/machine.hpp"
#include "harness/processes.hpp"
#include "programs/cross_process/report.hpp"
#include "programs/cross_process/row.hpp"

namespace {

using namespace ringmain::bench;

std::vector<Row> all_rows() {
  std::vector<Row> rows = contest_rows();
  for (Row& row : incident_rows()) rows.push_back(std::move(row));
  return rows;
}

std::vector<Row> rows_named(const std::vector<std::string>& ids) {
  std::vector<Row> rows = all_rows();
  if (ids.empty()) return rows;
  std::vector<Row> wanted;
  for (const std::string& id : ids) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& candidate) { return candidate.id == id; });
    if (row == rows.end()) throw std::runtime_error(fmt::format("no row '{}'; --list names them", id));
    wanted.push_back(*row);
  }
  return wanted;
}

struct Options {
  Settings settings;
  std::vector<std::string> ids;
  bool json = false;
  bool details = false;
  bool list = false;
};

int run(const Options& options) {
  if (options.list) {
    for (const Row& row : all_rows()) fmt::print("{:<18} {}\n", row.id, row.what);
    return 0;
  }
  nlohmann::json report{{"machine", cpu_model()}, {"kernel", kernel_release()}, {"warnings", build_warnings()}};
  if (!options.json) {
    print_machine();
    print_header();
  }
  for (const Row& row : rows_named(options.ids)) {
    const RowResult result = row.measure(options.settings);
    if (options.json) {
      report["rows"].push_back(to_json(row, result));
    } else {
      print_row(row, result, options.details);
    }
  }
  if (options.json) fmt::print("{}\n", report.dump(2));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The ring between two processes, held against the physical limits of this machine"};
  Options options;
  app.add_option("--rows", options.ids, "only these rows, separated by commas")->delimiter(',');
  app.add_option("--seconds", options.settings.seconds, "time for each row")->capture_default_str();
  app.add_option("--rounds", options.settings.rounds, "rounds of each contestant")->capture_default_str();
  app.add_flag("--rivals", options.settings.rivals,
               "measure pipe, unix socket and Boost.Lockfree too (with --details)");
  app.add_flag("--details", options.details, "every contestant, not just the fastest limit and the ring");
  app.add_flag("--json", options.json, "for programs; says everything");
  app.add_flag("--list", options.list, "name the rows");
  CLI11_PARSE(app, argc, argv);
  try {
    catch_interrupts();
    return run(options);
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringmain-cross-process: {}\n", error.what());
    return 1;
  }
}
