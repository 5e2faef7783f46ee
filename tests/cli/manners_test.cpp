// What every command owes its user: help that fits, examples, a hint, one table of exit statuses.
// SPDX-License-Identifier: MIT
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Manners : public Tool {
 protected:
  // All that --help lists, but bench, which is a program of its own.
  static Arguments commands() {
    Arguments found;
    std::istringstream lines(run({"__complete", ""}).output);
    for (std::string line; std::getline(lines, line);) {
      const std::string name = line.substr(0, line.find('\t'));
      if (name != "bench") found.push_back(name);
    }
    EXPECT_GE(found.size(), 9U);
    return found;
  }

  static std::string content_of_file(const std::string& path) {
    std::ifstream file(path);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The numbers at the beginnings of lines, as the pattern finds them.
  static std::set<int> numbers(const std::string& text, const char* pattern) {
    const std::regex expression(pattern, std::regex::multiline);
    std::set<int> found;
    for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match) {
      found.insert(std::stoi((*match)[1]));
    }
    return found;
  }
};

TEST_F(Manners, HelpFitsIntoEightyColumns) {
  Arguments all = commands();
  all.emplace_back("");
  for (const std::string& command : all) {
    std::istringstream help(run(command.empty() ? Arguments{"--help"} : Arguments{command, "--help"}).output);
    for (std::string line; std::getline(help, line);) {
      EXPECT_LT(line.size(), 80U) << command << ": " << line;
      EXPECT_FALSE(line.ends_with(' ')) << command << ": '" << line << "'";
    }
  }
}

TEST_F(Manners, EveryCommandHasExamplesOfItself) {
  for (const std::string& command : commands()) {
    const std::string help = run({command, "--help"}).output;
    const auto examples = help.find("\nExamples:\n");
    ASSERT_NE(examples, std::string::npos) << command;
    EXPECT_NE(help.find("ringmain " + command, examples), std::string::npos) << command;
  }
}

TEST_F(Manners, WhoMistypesIsToldWhatThereIs) {
  const auto told = [](const Arguments& arguments) {
    const Result result = run(arguments);
    EXPECT_EQ(result.status, 2);
    return result.errors;
  };
  EXPECT_EQ(told({"pup", "ring"}), "ringmain: no command is called 'pup'; did you mean 'pub'?; see ringmain --help\n");
  EXPECT_EQ(told({"doctro"}), "ringmain: no command is called 'doctro'; did you mean 'doctor'?; see ringmain --help\n");
  EXPECT_EQ(told({"xyzzy"}), "ringmain: no command is called 'xyzzy'; see ringmain --help\n");
  EXPECT_EQ(told({"__complet"}), "ringmain: no command is called '__complet'; see ringmain --help\n");
  EXPECT_EQ(told({"pub", "ring", "--capasity=1M"}),
            "ringmain: unknown option --capasity; did you mean '--capacity'?; see ringmain pub --help\n");
  EXPECT_NE(told({"pub", "ring", "--capasiti=1M"}).find("did you mean '--capacity'?"), std::string::npos);
  EXPECT_EQ(told({"tap", "ring", "other"}), "ringmain: 'other' is one argument too many; see ringmain tap --help\n");
  EXPECT_EQ(told({"a\x1b[31mb"}), "ringmain: no command is called 'a\\x1b[31mb'; see ringmain --help\n");
  EXPECT_EQ(told({std::string(100'000, 'p')}).substr(0, 40), "ringmain: no command is called 'pppppppp");
}

TEST_F(Manners, ThereIsOneTableOfExitStatuses) {
  const std::set<int> helped = numbers(run({"--help"}).output, "^ +([0-9]+)  [a-z]");
  const std::set<int> manual = numbers(run({"__manual", "ringmain"}).output, "^ +([0-9]+)  [a-z]");
  const std::set<int> documented =
      numbers(content_of_file(RINGMAIN_SOURCE "/docs/guarantees.md"), "^\\| ([0-9]+) \\| k[A-Z]");
  EXPECT_EQ(helped, manual);
  std::set<int> expected{1, 2, 3};  // of the tool alone; as outcomes they never end it, as 4 doesn't
  for (const int number : documented) {
    if (number == 0 || number >= 10) expected.insert(number);
  }
  EXPECT_GT(expected.size(), 25U);
  EXPECT_EQ(helped, expected);
}

}  // namespace ringmain::testing
