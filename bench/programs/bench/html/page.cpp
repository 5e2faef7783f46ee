// SPDX-License-Identifier: MIT
#include "programs/bench/html/page.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "programs/bench/html/escape.hpp"
#include "programs/bench/html/gnuplot.hpp"
#include "programs/bench/html/plots.hpp"
#include "programs/bench/text_table.hpp"

namespace ringmain::bench {
namespace {

constexpr std::string_view kStyle = R"css(
  body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2em auto; max-width: 1080px; padding: 0 1em; }
  h1 { font-size: 1.7em; margin-bottom: .2em; } h2 { font-size: 1.2em; margin: 2em 0 .2em; }
  p { max-width: 52em; margin: .3em 0 .8em; } .quiet { color: #666; }
  table { border-collapse: collapse; margin: .6em 0; font-variant-numeric: tabular-nums; font-size: .93em; }
  th { color: #555; font-weight: 600; border-bottom: 2px solid #bbb; }
  th, td { padding: .25em .8em .25em 0; text-align: right; white-space: nowrap; }
  th.left, td.left { text-align: left; } td { border-bottom: 1px solid #eee; }
  tr.ring td { background: #e8f1fb; font-weight: 600; } tr.limit td { color: #777; }
  .warnings { background: #fff4dc; border-left: 4px solid #e0a000; padding: .6em 1em; margin: 1em 0; }
  .warnings p { margin: .2em 0; } svg { width: 100%; height: auto; margin: .4em 0; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: .1em 1.2em; } dt { color: #666; } dd { margin: 0; }
  code { font-size: .92em; background: #f3f3f3; padding: .1em .3em; }
)css";

std::string machine_list(const Run& run) {
  return fmt::format(
      "<dl><dt>Machine</dt><dd>{}, {} CPUs allowed</dd><dt>Kernel</dt><dd>Linux {}</dd>"
      "<dt>Compiler</dt><dd>{}, <code>{}</code></dd><dt>Command</dt><dd><code>{}</code></dd>"
      "<dt>Date</dt><dd>{:%Y-%m-%d %H:%M} UTC</dd></dl>\n",
      escaped(run.machine.cpu), run.machine.cpus, escaped(run.machine.kernel), escaped(run.machine.compiler),
      escaped(run.machine.flags), escaped(run.command_line), fmt::gmtime(std::time(nullptr)));
}

std::string warnings(const Run& run) {
  if (run.doubts.empty()) return "<p class=quiet>No reason was found to distrust these figures.</p>\n";
  std::string html = "<div class=warnings>\n";
  for (const std::string& doubt : run.doubts) html += fmt::format("<p>{}</p>\n", escaped(doubt));
  return html + "</div>\n";
}

const char* class_of(Kind kind) {
  switch (kind) {
    case Kind::kLimit: return "limit";
    case Kind::kRing: return "ring";
    case Kind::kRival: return "rival";
  }
  return "";
}

std::string table(const Result& result) {
  const Grid grid = grid_of(result);
  std::string html = "<table><tr>";
  for (std::size_t i = 0; i < grid.headings.size(); ++i) {
    const std::string& heading = grid.headings[i];
    const bool right = heading.starts_with('>');
    html += fmt::format("<th{}>{}</th>", right ? "" : " class=left", escaped(right ? heading.substr(1) : heading));
  }
  html += "</tr>\n";
  for (std::size_t row = 0; row < grid.rows.size(); ++row) {
    html += fmt::format("<tr class={}>", class_of(result.entries[row].kind));
    for (std::size_t i = 0; i < grid.rows[row].size(); ++i) {
      const bool right = grid.headings[i].starts_with('>');
      html += fmt::format("<td{}>{}</td>", right ? "" : " class=left", escaped(grid.rows[row][i]));
    }
    html += "</tr>\n";
  }
  return html + "</table>\n";
}

std::string section(const Result& result) {
  std::string html = fmt::format("<h2>{}</h2>\n<p>{}</p>\n{}", escaped(title(result.task)),
                                 escaped(workload(result.task.work).description), table(result));
  for (const Skipped& skipped : result.skipped) {
    html += fmt::format("<p class=quiet>{} left out: {}</p>\n", escaped(skipped.name), escaped(skipped.why));
  }
  if (const auto plot = latency_plot(result)) html += draw(*plot);
  return html;
}

std::string legend_list() {
  std::string html = "<h2>What the columns mean</h2>\n<dl>\n";
  for (const std::string_view line : legend()) {
    const std::size_t end = line.find("  ");
    const std::size_t begin = line.find_first_not_of(' ', end);
    html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escaped(line.substr(0, end)), escaped(line.substr(begin)));
  }
  return html + "</dl>\n";
}

}  // namespace

std::string html_page(const Run& run) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><title>ringmain "
      "bench</title>\n<style>{}</style></head>\n"
      "<body>\n<h1>ringmain bench</h1>\n"
      "<p class=quiet>Ways to move messages between processes, measured side by side: all carriers of a table take "
      "turns "
      "in the same processes, round by round.</p>\n",
      kStyle);
  html += machine_list(run) + warnings(run);
  for (const auto& [heading, plot] : size_plots(run.results)) {
    html += fmt::format("<h2>{}</h2>\n{}", escaped(heading), draw(plot));
  }
  for (const Result& result : run.results) html += section(result);
  return html + legend_list() + "</body></html>\n";
}

}  // namespace ringmain::bench
