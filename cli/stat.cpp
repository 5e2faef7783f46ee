// ringmain stat: everything about rings, once or again and again.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "atomic_file.hpp"
#include "commands.hpp"
#include "failure.hpp"
#include "output.hpp"
#include "prometheus.hpp"
#include "rates.hpp"
#include "statistics_text.hpp"

namespace ringmain::cli {
namespace {

struct Stat {
  std::vector<std::string> names;
  std::filesystem::path directory;
  bool json = false;
  bool prometheus = false;
  std::filesystem::path output;
  std::chrono::nanoseconds watch{0};  // 0: once
  std::uint64_t count = 0;            // 0: for ever
};

constexpr const char* kStatFooter =
    "LAG is how far somebody is behind, headers and padding included; the group that gates the producer is the one\n"
    "for which it will wait first.\n"
    "\n"
    "Without a NAME it shows all rings. A ring that can't be read is shown as such; if it was named, then it also\n"
    "decides the exit status, but for --prometheus, where the metric ringmain_up says so.\n"
    "--json gives an array of rings; with --watch one array in each line, with rates from the second on.\n"
    "\n"
    "Examples:\n"
    "  ringmain stat numbers --watch\n"
    "  ringmain stat --json | jq '.[] | select(.producer_alive | not) | .name'\n"
    "  ringmain stat --prometheus --watch=15s --output /srv/metrics/ringmain.prom\n";

std::string json_text(const Stat& stat, const std::vector<Listed>& rings, const Rates& rates) {
  auto array = nlohmann::ordered_json::array();
  for (const Listed& ring : rings) array.push_back(json_of(ring, rates.of(ring.name)));
  return text_of(array, stat.watch.count() > 0 ? -1 : 2);
}

std::string details(const std::vector<Listed>& rings, const Rates& rates) {
  std::string text;
  for (const Listed& ring : rings) text.append(text.empty() ? "" : "\n").append(details_of(ring, rates.of(ring.name)));
  return text;
}

std::string text_of(const Stat& stat, const std::vector<Listed>& rings, const Rates& rates) {
  if (stat.prometheus) return metrics_of(rings);
  return stat.json ? json_text(stat, rings, rates) : details(rings, rates);
}

void show(const Stat& stat, const std::string& text, bool first) {
  if (!stat.output.empty()) return write_atomically(stat.output, text);
  const bool for_people = stat.watch.count() > 0 && !stat.json && !stat.prometheus;
  if (for_people && ::isatty(STDOUT_FILENO) == 1) return print("\x1b[H\x1b[2J" + text);  // over the last one
  print(for_people && !first ? "\n" + text : text);
}

// Of rings that were asked for by name and can't be read: says why. The first one decides the exit status.
int report_unread(const Stat& stat, const std::vector<Listed>& rings) {
  if (stat.names.empty() || stat.prometheus) return 0;
  int status = 0;
  for (const Listed& ring : rings) {
    if (ring.status == Status::kOk) continue;
    report(ring.problem);
    if (status == 0) status = static_cast<int>(ring.status);
  }
  return status;
}

int watch(const Stat& stat) {
  Rates rates;
  int status = 0;
  for (std::uint64_t looks = 0; stat.count == 0 || looks < stat.count; ++looks) {
    if (looks > 0) std::this_thread::sleep_for(stat.watch);
    const std::vector<Listed> rings = look_up(stat.names, stat.directory);
    rates.look(rings, std::chrono::steady_clock::now());
    show(stat, text_of(stat, rings, rates), looks == 0);
    status = report_unread(stat, rings);
  }
  return status;
}

int show_once(const Stat& stat) {
  const std::vector<Listed> rings = look_up(stat.names, stat.directory);
  show(stat, text_of(stat, rings, {}), true);
  return report_unread(stat, rings);
}

}  // namespace

Command add_stat(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("stat", "Show rings, their groups and consumers in detail");
  parser.footer(kStatFooter);
  auto stat = std::make_shared<Stat>();
  parser.add_option("NAME", stat->names, "The rings [default: all]")->type_name("");
  add_directory(parser, stat->directory);
  CLI::Option* json = parser.add_flag("--json", stat->json, "For programs: everything, in JSON");
  parser.add_flag("--prometheus", stat->prometheus, "Metrics in Prometheus' text format")->excludes(json);
  const auto period = [stat](const std::string& text) { return read_period(text, stat->watch); };
  const std::string again = "Again and again, with rates [default: every 1s]";
  CLI::Option* watching = parser.add_flag("--watch{1s}", again);
  watching->type_name("[=DURATION]")->check(period);
  const auto count = [stat](const std::string& text) { return read_count(text, stat->count); };
  add_value(parser, {"--count", "N", count}, "With --watch: end after so many looks")->needs(watching);
  parser.add_option("--output", stat->output, "Write to this file, which is never seen half-written")
      ->type_name("FILE");
  return {&parser, [stat] { return stat->watch.count() > 0 ? watch(*stat) : show_once(*stat); }};
}

}  // namespace ringmain::cli
