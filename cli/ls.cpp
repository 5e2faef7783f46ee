// ringmain ls: the rings of a directory.
// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "output.hpp"
#include "statistics_text.hpp"

namespace ringmain::cli {
namespace {

struct Ls {
  std::filesystem::path directory;
  bool json = false;
};

constexpr const char* kLsFooter =
    "STATE      live: has a producer; closed: its producer ended the stream; orphaned: its producer died;\n"
    "           idle: kept, and between two producers.\n"
    "           Anything else says why the ring can't be read.\n"
    "KIND       its policy: what becomes of a group that is a whole ring behind.\n"
    "           wait: it holds the producer; evict: it is evicted after so long;\n"
    "           overwrite: it loses messages. Then what else it is: kept, with a\n"
    "           durable group, of typed values.\n"
    "PRODUCER   the process id of the living producer, as it sees itself (containers number their own).\n"
    "GROUPS     of consumers; a consumer without a named group is one of its own.\n"
    "\n"
    "More of a ring: ringmain stat NAME. All of them at work: ringmain top.\n"
    "\n"
    "Examples:\n"
    "  ringmain ls\n"
    "  ringmain ls --json | jq -r '.[] | select(.state == \"orphaned\") | .name'\n";

int list_all(const Ls& ls) {
  const std::vector<Listed> rings = look_up({}, ls.directory);
  if (ls.json) {
    auto array = nlohmann::ordered_json::array();
    for (const Listed& ring : rings) array.push_back(json_of(ring));
    print(text_of(array));
  } else {
    print(table_of(rings));
  }
  return 0;
}

}  // namespace

Command add_ls(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("ls", "List rings");
  parser.footer(kLsFooter);
  auto ls = std::make_shared<Ls>();
  add_directory(parser, ls->directory);
  parser.add_flag("--json", ls->json, "For programs: everything, in JSON");
  return {&parser, [ls] { return list_all(*ls); }};
}

}  // namespace ringmain::cli
