// SPDX-License-Identifier: MIT
#include "programs/bench/options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "harness/machine.hpp"
#include "programs/bench/carriers.hpp"
#include "ringmain/transport/quantity.hpp"

namespace ringmain::bench {
namespace {

constexpr std::uint64_t kSmallest = 8;
constexpr std::uint64_t kLargest = std::uint64_t{4} << 20;
constexpr std::size_t kMostConsumers = 64;

Work work_named(const std::string& name) {
  std::vector<std::string_view> known;
  for (const Workload& workload : workloads()) {
    if (workload.name == name) return workload.work;
    known.push_back(workload.name);
  }
  throw UsageError(fmt::format("no workload '{}'; there are {}", name, fmt::join(known, ", ")));
}

Touch touch_named(const std::string& name) {
  if (name == "all") return Touch::kAll;
  if (name == "lines") return Touch::kLines;
  if (name == "ends") return Touch::kEnds;
  throw UsageError(
      fmt::format("--touch {}: choose all (write and read every word), lines (one word of each cache line) "
                  "or ends (the first and the last word)",
                  name));
}

std::uint64_t size_named(const std::string& text) {
  const auto size = transport::parse_size(text);
  if (!size || *size < kSmallest || *size > kLargest || *size % kSmallest != 0) {
    throw UsageError(fmt::format("--sizes {}: a size is a multiple of 8, from 8 to 4M", text));
  }
  return *size;
}

std::vector<int> cpus_named(const std::vector<std::string>& names) {
  const std::vector<int> allowed = allowed_cpus();
  std::vector<int> cpus;
  for (const std::string& name : names) {
    int cpu = -1;
    if (!CLI::detail::lexical_cast(name, cpu) || std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
      throw UsageError(fmt::format("--pin {}: not a CPU that this process may use; those are {}, or say none", name,
                                   fmt::join(allowed, ",")));
    }
    cpus.push_back(cpu);
  }
  if (cpus.size() == 1) throw UsageError("--pin: name two CPUs at least, such as --pin 0,1");
  return cpus;
}

void check_numbers(const Options& options) {
  for (const std::string& name : options.carriers) {
    if (find_carrier(name) != nullptr) continue;
    std::vector<std::string_view> known;
    for (const NamedCarrier& carrier : carriers()) known.push_back(carrier.name);
    throw UsageError(fmt::format("no carrier '{}'; there are {}", name, fmt::join(known, ", ")));
  }
  const auto consumers = options.consumers.value_or(1);
  if (consumers < 1 || consumers > kMostConsumers) throw UsageError("--consumers: 1 to 64");
  if (!(options.seconds > 0) || options.seconds > 3600) throw UsageError("--seconds: more than 0, at most 3600");
  if (options.rounds < 1 || options.rounds > 1000) throw UsageError("--rounds: 1 to 1000");
  if (!(options.rate >= 10) || options.rate > 1e8) throw UsageError("--rate: 10 to 100000000 messages a second");
  if (options.batch < 1 || options.batch > 65'536) throw UsageError("--batch: 1 to 65536 messages");
  if (options.burst < 1 || options.burst > 1'000'000) throw UsageError("--burst: 1 to 1000000 messages");
}

void check_limits_suite(const Options& options) {
  if (options.limits_suite) {
    if (!options.report.empty()) throw UsageError("--suite limits has no --report; choose --json");
    return;
  }
  if (!options.rows.empty() || options.details) throw UsageError("--rows and --details belong to --suite limits");
}

std::vector<std::uint64_t> default_sizes(Work work, const Options& options) {
  if (work != Work::kStream) return {32};
  // A picture needs points.
  if (!options.report.empty()) return {32, 256, 2048, 16'384, 65'536, 524'288, 4'194'304};
  return {32, 65'536};
}

std::vector<Work> default_works() {
  std::vector<Work> works{Work::kRoundTrip, Work::kSleepingRoundTrip, Work::kStream, Work::kWakeUp, Work::kPaced,
                          Work::kBurst};
  // With fewer cores the readers would only be in each other's way.
  if (allowed_cpus().size() > 2) works.insert(works.end(), {Work::kFanOut, Work::kWorkSharing});
  return works;
}

std::size_t default_consumers() { return std::clamp<std::size_t>(allowed_cpus().size() - 1, 2, 4); }

}  // namespace

std::optional<Options> parse(int argc, char** argv) {
  CLI::App app{"The ring and other ways to move messages between processes, measured side by side on this machine.",
               "ringmain bench"};
  app.footer(
      "With no arguments it takes about a minute and shows what matters most. --list names workloads and\n"
      "carriers.");
  Options options;
  std::vector<std::string> works;
  std::vector<std::string> sizes;
  std::string touch = "all";
  std::vector<std::string> pin;
  std::string suite;
  app.add_option("WORKLOAD", works, "what to measure (default: a choice that suits this machine)");
  app.add_option("--carriers", options.carriers, "over these, separated by commas; all: every one")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--sizes", sizes, "bytes of a message, separated by commas: 32,64K (8 to 4M)")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--touch", touch, "how much of the payload is written and read: all, lines or ends")
      ->capture_default_str();
  app.add_option("--consumers", options.consumers, "of fan-out and work-sharing, 1 to 64");
  app.add_option("--rate", options.rate, "of paced, messages a second")->capture_default_str();
  app.add_option("--burst", options.burst, "of burst, messages")->capture_default_str();
  app.add_option("--batch", options.batch, "of stream, messages sent at once by carriers that can gather them")
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "measuring time for each table, about")->capture_default_str();
  app.add_option("--rounds", options.rounds, "turns of each carrier")->capture_default_str();
  app.add_option("--pin", pin, "a CPU for each process, in turns: 0,1; none (default: the first two allowed)")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_flag_callback(
      "--no-system-calls", [&options] { options.system_calls = false; },
      "don't count system calls (which needs ptrace)");
  app.add_flag("--json", options.json, "for programs; says everything");
  app.add_option("--report", options.report, "write an HTML page with pictures to this file (needs gnuplot)");
  app.add_flag("--list", options.list, "name the workloads and the carriers");
  app.add_option("--suite", suite, "limits: instead of all this, the ring against the limits of the machine");
  app.add_option("--rows", options.rows, "of --suite limits, only these, separated by commas")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_flag("--details", options.details, "of --suite limits, every way in which a limit was reached for");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    app.exit(success);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  for (int i = 0; i < argc; ++i) options.command_line += fmt::format("{}{}", i == 0 ? "" : " ", argv[i]);
  for (const std::string& name : works) options.works.push_back(work_named(name));
  for (const std::string& size : sizes) options.sizes.push_back(size_named(size));
  options.touch = touch_named(touch);
  options.pinned = pin != std::vector<std::string>{"none"};
  if (options.pinned) options.cpus = cpus_named(pin);
  if (!suite.empty() && suite != "limits") throw UsageError(fmt::format("no suite '{}'; there is limits", suite));
  options.limits_suite = !suite.empty();
  if (options.carriers == std::vector<std::string>{"all"}) {
    options.carriers.clear();
    for (const NamedCarrier& carrier : carriers()) options.carriers.emplace_back(carrier.name);
  }
  check_numbers(options);
  check_limits_suite(options);
  return options;
}

std::vector<Task> tasks_of(const Options& options) {
  std::vector<Task> tasks;
  for (const Work work : options.works.empty() ? default_works() : options.works) {
    for (const std::uint64_t size : options.sizes.empty() ? default_sizes(work, options) : options.sizes) {
      const bool several = work == Work::kFanOut || work == Work::kWorkSharing;
      tasks.push_back({work,
                       {size, options.touch},
                       several ? options.consumers.value_or(default_consumers()) : 1,
                       options.rate,
                       options.burst,
                       options.batch});
    }
  }
  return tasks;
}

}  // namespace ringmain::bench
