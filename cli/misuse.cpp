// SPDX-License-Identifier: MIT
#include "misuse.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <string_view>
#include <vector>

#include "printable.hpp"
#include "suggestion.hpp"

namespace ringmain::cli {
namespace {

// The command that was chosen, or else the root.
const CLI::App& chosen(const CLI::App& root) {
  const auto commands = root.get_subcommands();
  return commands.empty() ? root : *commands.front();
}

std::vector<std::string> command_names(const CLI::App& root) {
  std::vector<std::string> names;
  for (const CLI::App* command : root.get_subcommands({})) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& parser) {
  std::vector<std::string> names;
  for (const CLI::Option* option : parser.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string unexpected(const std::string& argument, const CLI::App& root) {
  const CLI::App& parser = chosen(root);
  const std::string shown = printable(argument);
  if (argument.starts_with('-')) {
    const std::string option = argument.substr(0, argument.find('='));
    return fmt::format("unknown option {}{}", printable(option), suggestion(option, option_names(parser)));
  }
  if (&parser != &root) return fmt::format("'{}' is one argument too many", shown);
  return fmt::format("no command is called '{}'{}", shown, suggestion(argument, command_names(root)));
}

}  // namespace

std::string explain(const CLI::ParseError& error, const CLI::App& root) {
  const CLI::App& parser = chosen(root);
  auto rest = parser.remaining();
  if (rest.empty()) rest = root.remaining();  // what a command doesn't know falls through to the root
  const bool extra = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !rest.empty();
  const std::string who = &parser == &root ? "" : " " + parser.get_name();
  return fmt::format("{}; see ringmain{} --help", extra ? unexpected(rest.front(), root) : error.what(), who);
}

}  // namespace ringmain::cli
