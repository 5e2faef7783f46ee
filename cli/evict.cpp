// ringmain evict: takes its place from a consumer, or a group, that holds the producer.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "failure.hpp"
#include "output.hpp"
#include "printable.hpp"
#include "ringmain/segment.hpp"

namespace ringmain::cli {
namespace {

struct Evict {
  std::string name;
  std::filesystem::path directory;
  std::optional<std::string> group;
  std::uint32_t line = 0;
};

constexpr const char* kEvictFooter =
    "Who is evicted receives nothing more, and ends with 11; the producer goes on at once. The members of a group have "
    "one place together: evicting one of them evicts the group. 'ringmain stat NAME' shows lines and groups.\n"
    "\n"
    "This is possible in rings whose consumers reckon with it: made with --evict-after (which may be 'forever') or "
    "with --overwrite. In any other, end the consumer's process: its place goes with it.\n"
    "\n"
    "Examples:\n"
    "  ringmain evict jobs --line 3\n"
    "  ringmain evict jobs --group workers\n";

// Whom it concerns: the consumer with that line and whoever is in one group with it, or the members of the group.
std::vector<ConsumerStatistics> concerned(const Evict& evict, const Statistics& ring) {
  std::optional<std::string> group = evict.group;
  std::vector<ConsumerStatistics> found;
  for (const ConsumerStatistics& consumer : ring.consumers) {
    if (evict.group || consumer.line != evict.line) continue;
    if (consumer.group.empty()) return {consumer};
    group = consumer.group;
  }
  for (const ConsumerStatistics& consumer : ring.consumers) {
    if (group && consumer.group == *group) found.push_back(consumer);
  }
  return found;
}

std::string processes(const std::vector<ConsumerStatistics>& consumers) {
  std::vector<std::uint32_t> pids;
  pids.reserve(consumers.size());
  for (const ConsumerStatistics& consumer : consumers) pids.push_back(consumer.pid);
  return fmt::format("pid {}", fmt::join(pids, ", "));
}

[[noreturn]] void refuse(const Evict& evict, const std::vector<ConsumerStatistics>& consumers) {
  const std::string instead = consumers.empty() ? "the consumer's process" : processes(consumers);
  throw Failure(
      Status::kBadOption,
      fmt::format("evict {0}: the ring never evicts, and its consumers don't reckon with it; end {1} instead, "
                  "or make the ring anew with --evict-after forever (ringmain rm {0})",
                  evict.name, instead));
}

std::string done(const Evict& evict, const std::vector<ConsumerStatistics>& consumers) {
  const std::string group = consumers.empty() ? evict.group.value_or("") : consumers.front().group;
  const std::string whom =
      group.empty() ? fmt::format("line {}", evict.line) : fmt::format("the group '{}'", printable(group));
  return fmt::format("evicted {} of {}: {}\n", whom, evict.name,
                     consumers.empty() ? "it has no member" : processes(consumers));
}

int evict_chosen(const Evict& evict) {
  const Statistics ring = statistics(evict.name, evict.directory);
  const auto consumers = concerned(evict, ring);
  const bool may_evict = ring.policy == Policy::kOverwrite || ring.evict_after.count() > 0;
  if (!may_evict) refuse(evict, consumers);
  if (evict.group) {
    ringmain::evict(evict.name, *evict.group, evict.directory);
  } else {
    ringmain::evict(evict.name, evict.line, evict.directory);
  }
  print(done(evict, consumers));
  return 0;
}

std::string read_line(const std::string& text, std::uint32_t& line) {
  std::uint64_t number = 0;
  if (!read_number(text, number).empty() || number >= kMaxConsumers) {
    return fmt::format("'{}' is not a line: 0 to {}", text, kMaxConsumers - 1);
  }
  line = static_cast<std::uint32_t>(number);
  return {};
}

}  // namespace

Command add_evict(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("evict", "Take its place from a consumer or group that is too slow");
  parser.footer(kEvictFooter);
  auto evict = std::make_shared<Evict>();
  add_name(parser, evict->name);
  add_directory(parser, evict->directory);
  const auto line = [evict](const std::string& text) { return read_line(text, evict->line); };
  CLI::Option* one = add_value(parser, {"--line", "N", line}, "The consumer with this line, and its group");
  CLI::Option* group = parser.add_option("--group", evict->group, "The group of this name")->type_name("GROUP");
  one->excludes(group);
  return {&parser, [evict, one, group] {
            if (one->empty() && group->empty()) {
              throw Failure(kUsage, "evict: whom? --line or --group says so; see ringmain evict --help");
            }
            return evict_chosen(*evict);
          }};
}

}  // namespace ringmain::cli
