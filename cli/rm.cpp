// ringmain rm: removes rings, or a group of one.
// SPDX-License-Identifier: MIT
#include <memory>
#include <vector>

#include "commands.hpp"
#include "failure.hpp"
#include "ringmain/segment.hpp"

namespace ringmain::cli {
namespace {

struct Rm {
  std::vector<std::string> names;
  std::filesystem::path directory;
  std::string group;
  bool force = false;
};

constexpr const char* kFooter =
    "Without --force a ring is kept while its producer or a consumer is alive. With it, they receive what they can "
    "and\n"
    "then end with 12. A group is kept while it has a living member.\n"
    "\n"
    "Examples:\n"
    "  ringmain rm numbers\n"
    "  ringmain rm jobs --group workers      a durable group that nobody will join again: the producer goes on\n";

// Goes on after a failure; the first one decides the exit status.
int remove_all(const Rm& rm) {
  int status = 0;
  for (const std::string& name : rm.names) {
    try {
      if (rm.group.empty()) {
        remove(name, rm.directory, rm.force);
      } else {
        remove_group(name, rm.group, rm.directory);
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
  parser.footer(kFooter);
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
