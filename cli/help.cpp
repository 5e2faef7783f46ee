// SPDX-License-Identifier: MIT
#include "help.hpp"

#include <CLI/CLI.hpp>
#include <utility>

#include "prose.hpp"

namespace ringmain::cli {
namespace {

// What it is called, and beside or below that, in a column of its own, what it does.
std::string entry(const std::string& name, const std::string& description, std::size_t column) {
  std::string text = "  " + name;
  if (!description.empty()) {
    if (text.size() < column) {
      text.append(column - text.size(), ' ');
    } else {
      text.append("\n").append(column, ' ');
    }
    text += filled(description, column, column);
  }
  return text + '\n';
}

}  // namespace

HelpFormatter::HelpFormatter() {
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
  column_width(27);
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  std::string text = CLI::Formatter::make_help(app, std::move(name), mode);
  for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n")) text.erase(at, 1);
  return text;
}

std::string HelpFormatter::make_footer(const CLI::App* app) const { return laid_out(app->get_footer()); }

std::string HelpFormatter::make_description(const CLI::App* app) const { return laid_out(app->get_description()); }

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return entry(command->get_name(), command->get_description(), get_column_width());
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  const std::string name = make_option_name(option, is_positional) + make_option_opts(option);
  return entry(name, option->get_description(), get_column_width());
}

std::string HelpFormatter::make_option_name(const CLI::Option* option, bool is_positional) const {
  // The value that a flag stands for, as in --wait{forever}, is nobody's business.
  const std::string name = CLI::Formatter::make_option_name(option, is_positional);
  return name.substr(0, name.find('{'));
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  const std::string value = option->get_type_name();
  return value.empty() || value.front() == '[' ? value : " " + value;
}

}  // namespace ringmain::cli
