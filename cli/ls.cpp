// ringmain ls: the rings of a directory, or one in detail.
// SPDX-License-Identifier: MIT
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "commands.hpp"
#include "output.hpp"
#include "statistics_text.hpp"

namespace ringmain::cli {
namespace {

struct Ls {
  std::string name;
  std::filesystem::path directory;
  bool json = false;
};

constexpr const char* kFooter =
    "STATE      live: has a producer; closed: its producer ended the stream; orphaned: its producer died.\n"
    "           Anything else says why the ring can't be read.\n"
    "LAG        how far the slowest group is behind, headers and padding included.\n"
    "PRODUCER   the process id of the living producer, as it sees itself (containers number their own).\n"
    "\n"
    "Examples:\n"
    "  ringmain ls\n"
    "  ringmain ls jobs --json | jq .groups\n";

Listed look_up(const std::string& name, const Ls& ls) {
  try {
    return {.name = name, .statistics = statistics(name, ls.directory)};
  } catch (const Error& error) {
    return {.name = name, .status = error.status(), .problem = error.what()};
  }
}

void list_all(const Ls& ls) {
  std::vector<Listed> rings;
  for (const std::string& name : list(ls.directory)) {
    Listed ring = look_up(name, ls);
    if (ring.status != Status::kNotFound) rings.push_back(std::move(ring));  // else it was removed just now
  }
  if (ls.json) {
    auto array = nlohmann::ordered_json::array();
    for (const Listed& ring : rings) array.push_back(json_of(ring));
    print(array.dump(2) + "\n");
  } else {
    print(table_of(rings));
  }
}

void show_one(const Ls& ls) {
  const Listed ring{.name = ls.name, .statistics = statistics(ls.name, ls.directory)};
  print(ls.json ? json_of(ring).dump(2) + "\n" : details_of(ring.statistics));
}

}  // namespace

Command add_ls(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("ls", "List rings, or show one in detail");
  parser.footer(kFooter);
  auto ls = std::make_shared<Ls>();
  parser.add_option("NAME", ls->name, "Show this ring, its groups and consumers")->type_name("");
  add_directory(parser, ls->directory);
  parser.add_flag("--json", ls->json, "For programs: everything, in JSON");
  return {&parser, [ls] {
            ls->name.empty() ? list_all(*ls) : show_one(*ls);
            return 0;
          }};
}

}  // namespace ringmain::cli
