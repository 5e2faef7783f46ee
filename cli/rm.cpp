// ringmain rm: removes rings, or a group of one.
// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands.hpp"
#include "failure.hpp"
#include "ringmain/segment.hpp"

namespace ringmain::cli {
namespace {

struct Rm {
  std::vector<std::string> names;
  std::filesystem::path directory;
  std::optional<std::string> group;  // an empty one is no reason to remove the ring
  bool force = false;
};

constexpr const char* kRmFooter =
    "Without --force a ring is left while its producer or a consumer is alive (28). With it, they receive what they "
    "can "
    "and then end with 12. A group is left while it has a living member. A damaged ring is removed, too. Of several "
    "names, a failure doesn't keep the rest; the first one decides the exit status.\n"
    "\n"
    "'ringmain gc' removes all that nobody uses.\n"
    "\n"
    "Examples:\n"
    "  ringmain rm numbers\n"
    "  ringmain rm --force one two\n"
    "  ringmain rm jobs --group workers      a durable group that nobody will join\n";

// Goes on after a failure; the first one decides the exit status.
int remove_all(const Rm& rm) {
  int status = 0;
  for (const std::string& name : rm.names) {
    try {
      if (rm.group) {
        remove_group(name, *rm.group, rm.directory);
      } else {
        remove(name, rm.directory, rm.force);
      }
    } catch (...) {
      const int failed = report_current_exception();
      if (status == 0) status = failed;
    }
  }
  return status;
}

}  // namespace

Command add_rm(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("rm", "Remove rings");
  parser.footer(kRmFooter);
  auto rm = std::make_shared<Rm>();
  parser.add_option("NAME", rm->names, "The rings")->required()->type_name("");
  add_directory(parser, rm->directory);
  CLI::Option* force = parser.add_flag("--force", rm->force, "Even while participants are alive");
  parser.add_option("--group", rm->group, "Dissolve this group of the rings instead")
      ->type_name("GROUP")
      ->excludes(force);
  return {&parser, [rm] { return remove_all(*rm); }};
}

}  // namespace ringmain::cli
