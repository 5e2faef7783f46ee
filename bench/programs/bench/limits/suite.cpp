// SPDX-License-Identifier: MIT
#include "programs/bench/limits/suite.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "harness/machine.hpp"
#include "programs/bench/limits/report.hpp"
#include "programs/bench/limits/row.hpp"

namespace ringmain::bench {
namespace {

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
    if (row == rows.end()) {
      throw UsageError(fmt::format("no row '{}'; ringmain bench --suite limits --list names them", id));
    }
    wanted.push_back(*row);
  }
  return wanted;
}

}  // namespace

void list_limits_suite() {
  for (const Row& row : all_rows()) fmt::print("{:<18} {}\n", row.id, row.what);
}

void run_limits_suite(const Options& options) {
  const std::vector<Row> rows = rows_named(options.rows);
  const Settings settings{options.rounds, options.seconds};
  nlohmann::json report{{"machine", cpu_model()}, {"kernel", kernel_release()}, {"warnings", build_warnings()}};
  if (!options.json) {
    print_machine();
    print_header();
  }
  for (const Row& row : rows) {
    const RowResult result = row.measure(settings);
    if (options.json) {
      report["rows"].push_back(to_json(row, result));
    } else {
      print_row(row, result, options.details);
    }
  }
  if (options.json) fmt::print("{}\n", report.dump(2));
}

}  // namespace ringmain::bench
