// SPDX-License-Identifier: MIT
#include "help.hpp"

#include <utility>

namespace ringmain::cli {

HelpFormatter::HelpFormatter() {
  label("SUBCOMMAND", "COMMAND");
  column_width(27);
}

std::string HelpFormatter::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  std::string text = CLI::Formatter::make_help(app, std::move(name), mode);
  for (auto at = text.find("\n\n\n"); at != std::string::npos; at = text.find("\n\n\n")) text.erase(at, 1);
  return text;
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
