// SPDX-License-Identifier: MIT
#include "programs/bench/html/gnuplot.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "harness/processes.hpp"
#include "harness/system.hpp"
#include "harness/temporary_directory.hpp"

namespace ringmain::bench {
namespace {

std::string script_of(const Plot& plot, const std::filesystem::path& output) {
  std::string script = fmt::format(
      "set terminal svg size 960,440 dynamic font 'sans-serif,13' background 'white'\n"
      "set output '{}'\n"
      "set logscale xy\nset border 3 lc rgb '#888888'\nset tics nomirror textcolor rgb '#444444'\n"
      "set grid xtics ytics lc rgb '#e4e4e4' lt 1\nset key outside right top Left reverse samplen 2\n"
      "set xlabel '{}'\nset ylabel '{}'\n{}\n",
      output.string(), plot.x_label, plot.y_label, plot.settings);
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    script += fmt::format("$data{} << END\n", i);
    for (const auto& [x, y] : plot.curves[i].points) script += fmt::format("{:.9g} {:.9g}\n", x, y);
    script += "END\n";
  }
  script += "plot ";
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    const Curve& curve = plot.curves[i];
    script +=
        fmt::format("{}$data{} using 1:2 with {} lw {} lc rgb '{}'{} title '{}'", i == 0 ? "" : ", ", i, plot.style,
                    curve.name == "ring" ? 3 : 1.8, curve.colour, curve.dashed ? " dt 2" : "", curve.name);
  }
  return script + "\n";
}

void run_gnuplot(const std::filesystem::path& script, const std::filesystem::path& complaints) {
  Processes processes;
  processes.start("gnuplot", Processes::kAnyCpu, [&] {
    const int errors = check(::open(complaints.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "open");
    ::dup2(errors, STDERR_FILENO);
    ::execlp("gnuplot", "gnuplot", script.c_str(), nullptr);
    throw_errno("gnuplot");
  });
  processes.wait(std::chrono::seconds(60));
}

std::string content_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::string draw(const Plot& plot) {
  const TemporaryDirectory directory;
  const auto script = directory.path() / "script";
  const auto picture = directory.path() / "picture.svg";
  const auto complaints = directory.path() / "complaints";
  std::ofstream(script) << script_of(plot, picture);
  try {
    run_gnuplot(script, complaints);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", error.what(), content_of(complaints)));
  }
  const std::string svg = content_of(picture);
  const std::size_t begin = svg.find("<svg");  // before it: what a file of its own needs
  if (begin == std::string::npos) throw std::runtime_error("gnuplot drew nothing: " + content_of(complaints));
  return svg.substr(begin);
}

}  // namespace ringmain::bench
