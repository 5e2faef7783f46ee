// What shells offer behind the tool's name: the parser's own words, and rings and groups that there are.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string>

#include "cli/tool.hpp"
#include "support/scale.hpp"

namespace ringmain::testing {

class Completion : public Tool {
 protected:
  Completion() {
    const std::filesystem::path tool = RINGMAIN_TOOL;
    ::setenv("PATH", (tool.parent_path().string() + ":" + path_).c_str(), 1);
    ::setenv("HOME", directory_.path().c_str(), 1);  // zsh and fish would keep things there
  }
  ~Completion() override {
    ::setenv("PATH", path_.c_str(), 1);
    std::error_code ignored;
    for (const char* made : {".config", ".cache", ".local"})
      std::filesystem::remove_all(directory_.path() / made, ignored);
  }

  static Arguments lines(const std::string& text) {
    Arguments found;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) found.push_back(line);
    return found;
  }

  // The tool itself.
  static Arguments offered(Arguments words) {
    words.insert(words.begin(), "__complete");
    Arguments found = lines(run(words).output);
    for (std::string& line : found) line = line.substr(0, line.find('\t'));
    return found;
  }

  static Arguments in_shell(const Arguments& shell, const std::string& script, const std::string& line) {
    Arguments command = shell;
    const std::string source = RINGMAIN_SOURCE;
    command.push_back(source + "/tests/cli/shells/complete." + shell.front());
    command.push_back(source + "/cli/completions" + script);
    command.push_back(line);
    Process process(command);
    const Result result = ended(process);
    EXPECT_EQ(result.errors, "");
    return lines(result.output);
  }
  static Arguments in_bash(const std::string& line) { return in_shell({"bash", "--norc"}, "/ringmain.bash", line); }
  static Arguments in_fish(const std::string& line) {
    return in_shell({"fish", "--no-config"}, "/ringmain.fish", line);
  }
  static std::string in_zsh(const std::string& line) {
    const Arguments made = in_shell({"zsh", "-f"}, "", line);
    return made.empty() ? "" : made.front();
  }

  static void make_rings() {
    for (const char* name : {"alpha", "beta"}) EXPECT_EQ(run({"create", name, "--capacity", "64K"}).status, 0);
    EXPECT_EQ(run({"pub", "alpha"}, "x").status, 0);
    EXPECT_EQ(run({"sub", "alpha", "--from", "oldest", "--count", "1", "--group", "workers", "--durable"}).status, 0);
  }

 private:
  std::string path_ = std::getenv("PATH");
};

TEST_F(Completion, CommandsAndOptionsAreTheParsers) {
  const Arguments commands = offered({""});
  const std::string help = run({"--help"}).output;
  EXPECT_GE(commands.size(), 10U);
  for (const std::string& command : commands) {
    EXPECT_NE(help.find("\n  " + command + " "), std::string::npos) << command;
    EXPECT_FALSE(command.starts_with("__"));
    if (command == "bench") continue;  // a program of its own
    const std::string own = run({command, "--help"}).output;
    const Arguments options = offered({command, "--"});
    EXPECT_FALSE(options.empty()) << command;
    for (const std::string& option : options) EXPECT_NE(own.find(option), std::string::npos) << command << option;
  }
  EXPECT_EQ(offered({"cre"}), Arguments{"create"});
  EXPECT_EQ(offered({"--ver"}), Arguments{"--version"});
}

TEST_F(Completion, ValuesAreWhatThereIs) {
  make_rings();
  EXPECT_EQ(offered({"tap", ""}), (Arguments{"alpha", "beta"}));
  EXPECT_EQ(offered({"tap", "al"}), Arguments{"alpha"});
  EXPECT_EQ(offered({"rm", "alpha", ""}), (Arguments{"alpha", "beta"})) << "it takes several";
  EXPECT_EQ(offered({"tap", "alpha", ""}), Arguments{}) << "it takes one";
  EXPECT_EQ(offered({"rm", "alpha", "--group", ""}), Arguments{"workers"});
  EXPECT_EQ(offered({"sub", "--lines", "alpha", "--from", "o"}), Arguments{"oldest"});
  EXPECT_EQ(offered({"sub", "alpha", "--from=o"}), Arguments{"--from=oldest"});
  EXPECT_EQ(offered({"sub", "alpha", "--from", "la"}), (Arguments{"last", "latest"}));
  EXPECT_EQ(offered({"relay", "ring:a"}), Arguments{"ring:alpha"});
  EXPECT_EQ(offered({"relay", "ring:"}), (Arguments{"ring:alpha", "ring:beta"}));
  EXPECT_EQ(offered({"relay", "ring:alpha", "tc"}), Arguments{"tcp:"});
  EXPECT_EQ(offered({"ls", "--dir", ""}), Arguments{":directories"});
}

TEST_F(Completion, AnotherDirectorysRingsAreItsOwn) {
  make_rings();
  const TemporaryDirectory other;
  EXPECT_EQ(run({"create", "elsewhere", "--dir", other.path()}).status, 0);
  EXPECT_EQ(offered({"tap", "--dir", other.path(), ""}), Arguments{"elsewhere"});
  EXPECT_EQ(offered({"tap", "--dir=" + other.path().string(), ""}), Arguments{"elsewhere"});
}

TEST_F(Completion, InBash) {
  make_rings();
  EXPECT_EQ(in_bash("ringmain doc"), Arguments{"doctor"});
  EXPECT_EQ(in_bash("ringmain tap "), (Arguments{"alpha", "beta"}));
  EXPECT_EQ(in_bash("ringmain evict alpha --gr"), Arguments{"--group"});
  EXPECT_EQ(in_bash("ringmain relay ring:b"), Arguments{"beta"}) << "bash keeps what is before the colon";
  EXPECT_EQ(in_bash("ringmain sub alpha --from=lat"), Arguments{"latest"});
  EXPECT_EQ(in_bash("ringmain tap --dir " RINGMAIN_SOURCE "/doc"), Arguments{RINGMAIN_SOURCE "/docs"});
}

TEST_F(Completion, InFish) {
  make_rings();
  EXPECT_EQ(in_fish("ringmain doc"), Arguments{"doctor"});
  EXPECT_EQ(in_fish("ringmain tap "), (Arguments{"alpha", "beta"}));
  EXPECT_EQ(in_fish("ringmain evict alpha --gr"), Arguments{"--group"});
  EXPECT_EQ(in_fish("ringmain relay ring:b"), Arguments{"ring:beta"});
  EXPECT_EQ(in_fish("ringmain tap --dir " RINGMAIN_SOURCE "/doc"), Arguments{RINGMAIN_SOURCE "/docs/"});
}

TEST_F(Completion, InZsh) {
  if (kSanitized) GTEST_SKIP() << "the tool starts too slowly for zsh's patience";
  make_rings();
  EXPECT_EQ(in_zsh("ringmain doc"), "ringmain doctor ");
  EXPECT_EQ(in_zsh("ringmain tap al"), "ringmain tap alpha ");
  EXPECT_EQ(in_zsh("ringmain relay ring:b"), "ringmain relay ring:beta ");
  EXPECT_EQ(in_zsh("ringmain evict alpha --gr"), "ringmain evict alpha --group ");
}

}  // namespace ringmain::testing
