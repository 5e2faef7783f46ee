// ringmain __manual: the manual page of the tool or of a command, in roff, out of the parser.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "failure.hpp"
#include "help.hpp"
#include "output.hpp"
#include "prose.hpp"

namespace ringmain::cli {
namespace {

// Text in which nothing means anything to roff.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char letter : text) {
    switch (letter) {
      case '\\': result += "\\e"; break;
      case '-': result += "\\-"; break;
      case '\'': result += "\\(aq"; break;
      case '^': result += "\\(ha"; break;
      case '~': result += "\\(ti"; break;
      default:
        if (letter == '.' && (result.empty() || result.back() == '\n')) result += "\\&";
        result += letter;
    }
  }
  return result;
}

std::string bold(std::string_view text) { return "\\fB" + escaped(text) + "\\fR"; }

std::string section(std::string_view title) { return fmt::format(".SH {}\n", title); }

std::string page_of(std::string_view command) {
  return command.empty() ? "ringmain" : fmt::format("ringmain-{}", command);
}

std::string roff_of(const Block& block) {
  return block.kind == Block::Kind::kProse ? fmt::format("{}\n", escaped(block.text))
                                           : fmt::format(".nf\n{}\n.fi\n", escaped(block.text));
}

// A line of prose that ends with a colon and stands alone begins a section: "Examples:", "Exit status:".
bool is_heading(const std::vector<Block>& blocks, std::size_t i) {
  const bool before_lines = i + 1 < blocks.size() && blocks[i + 1].kind == Block::Kind::kLines;
  const std::string& text = blocks[i].text;
  return blocks[i].kind == Block::Kind::kProse && before_lines && text.size() < 30 && text.ends_with(':');
}

std::string in_capitals(std::string text) {
  for (char& letter : text) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

// What comes before the first heading, as a description, and after that each heading as a section.
struct Parts {
  std::string description;
  std::string sections;
};
Parts parts_of(const std::vector<Block>& blocks) {
  Parts parts;
  std::string* to = &parts.description;
  bool first = true;  // of its section
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (is_heading(blocks, i)) {
      to = &parts.sections;
      *to += section(in_capitals(blocks[i].text.substr(0, blocks[i].text.size() - 1)));
      first = true;
    } else {
      *to += (first ? "" : ".PP\n") + roff_of(blocks[i]);
      first = false;
    }
  }
  return parts;
}

std::string option_entry(const CLI::Option& option, const HelpFormatter& formatter) {
  const std::string name = formatter.make_option_name(&option, option.get_positional());
  const std::string value = formatter.make_option_opts(&option);
  return fmt::format(".TP\n{}{}\n{}\n", bold(name), escaped(value), escaped(option.get_description()));
}

std::string options_of(const CLI::App& parser) {
  const HelpFormatter formatter;
  std::string text;
  for (const std::string& group : parser.get_groups()) {
    std::string entries;
    for (const CLI::Option* option : parser.get_options()) {
      const bool wanted = option->get_group() == group && !group.empty() && option->nonpositional();
      if (wanted) entries += option_entry(*option, formatter);
    }
    if (!entries.empty() && group != "Options") text += fmt::format(".SS {}\n", escaped(group));
    text += entries;
  }
  std::string positionals;
  for (const CLI::Option* option : parser.get_options()) {
    if (option->get_positional()) positionals += option_entry(*option, formatter);
  }
  return section("OPTIONS") + positionals + text;
}

std::vector<const CLI::App*> commands_of(const CLI::App& root) {
  std::vector<const CLI::App*> commands;
  for (const CLI::App* command : root.get_subcommands({})) {
    if (!command->get_group().empty()) commands.push_back(command);
  }
  return commands;
}

std::string command_list(const CLI::App& root) {
  std::string text = section("COMMANDS");
  for (const CLI::App* command : commands_of(root)) {
    text += fmt::format(".TP\n{}(1)\n{}\n", bold(page_of(command->get_name())), escaped(command->get_description()));
  }
  return text;
}

std::string synopsis(const CLI::App& parser, const CLI::App& root) {
  std::string text = bold("ringmain");
  if (&parser == &root) return text + " \\fICOMMAND\\fR ...\n";
  text += " " + bold(parser.get_name()) + " [\\fIOPTIONS\\fR]";
  for (const CLI::Option* option : parser.get_options()) {
    if (!option->get_positional()) continue;
    const std::string dots = option->get_expected_max() > 1 ? "..." : "";
    const std::string name = fmt::format("\\fI{}\\fR{}", escaped(option->get_name(true)), dots);
    text += option->get_required() ? " " + name : " [" + name + "]";
  }
  return text + "\n";
}

std::string manual_of(const CLI::App& parser, const CLI::App& root) {
  const bool whole = &parser == &root;
  const std::string page = page_of(whole ? "" : parser.get_name());
  const Parts parts = parts_of(blocks_of(parser.get_footer()));
  std::string text =
      fmt::format(".TH {} 1 \"\" \"ringmain {}\" \"User Commands\"\n", escaped(in_capitals(page)), RINGMAIN_VERSION);
  text += section("NAME") + fmt::format("{} \\- {}\n", escaped(page), escaped(parser.get_description()));
  text += section("SYNOPSIS") + synopsis(parser, root);
  if (!parts.description.empty()) text += section("DESCRIPTION") + parts.description;
  if (whole) text += command_list(root);
  text += options_of(parser) + parts.sections;
  text += section("ENVIRONMENT") +
          ".TP\n\\fBRINGMAIN_DIR\\fR\nThe directory of the rings, unless an option names it; "
          "without both, /dev/shm.\n";
  if (!whole) text += section("SEE ALSO") + bold("ringmain") + "(1), where the exit statuses are listed\n";
  return text;
}

// The names of the pages; or the page of that name.
int show(const CLI::App& root, const std::string& page) {
  std::string names = page_of("") + "\n";
  if (page == page_of("")) {
    print(manual_of(root, root));
    return 0;
  }
  for (const CLI::App* command : commands_of(root)) {
    const std::string name = page_of(command->get_name());
    names += name + "\n";
    if (page != name) continue;
    print(manual_of(*command, root));
    return 0;
  }
  if (!page.empty()) throw Failure(kUsage, fmt::format("no manual page is called '{}'", page));
  print(names);
  return 0;
}

}  // namespace

Command add_manual(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("__manual", "A manual page, in roff; without a name, their names");
  auto page = std::make_shared<std::string>();
  parser.add_option("PAGE", *page, "Its name, such as ringmain-pub")->type_name("");
  return {&parser, [&root, page] { return show(root, *page); }};
}

}  // namespace ringmain::cli
