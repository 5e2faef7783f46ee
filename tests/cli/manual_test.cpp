// The manual pages: one for the tool and one for each command, and roff has nothing to say against them.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Manual : public Tool {
 protected:
  static Arguments pages() {
    Arguments found;
    std::istringstream lines(run({"__manual"}).output);
    for (std::string line; std::getline(lines, line);) found.push_back(line);
    return found;
  }

  std::string write(const std::string& page) const {
    const std::string path = directory_.path() / (page + ".1");
    std::ofstream(path) << run({"__manual", page}).output;
    return path;
  }

  static Result run_program(const Arguments& command) {
    Process process(command);
    return ended(process);
  }
};

TEST_F(Manual, HasAPageForEachCommand) {
  const Arguments found = pages();
  const std::string whole = run({"__manual", "ringmain"}).output;
  std::istringstream commands(run({"__complete", ""}).output);
  EXPECT_EQ(found.front(), "ringmain");
  std::size_t count = 1;
  for (std::string line; std::getline(commands, line); ++count) {
    const std::string page = "ringmain-" + line.substr(0, line.find('\t'));
    EXPECT_EQ(std::count(found.begin(), found.end(), page), 1) << page;
  }
  EXPECT_EQ(found.size(), count);
  EXPECT_EQ(run({"__manual", "ringmain-nothing"}).status, 2);
}

TEST_F(Manual, IsCleanRoff) {
  for (const std::string& page : pages()) {
    const std::string path = write(page);
    std::istringstream lint(run_program({"mandoc", "-T", "lint", "-W", "warning", path}).output);
    for (std::string line; std::getline(lint, line);) {
      // A date would differ from build to build.
      EXPECT_NE(line.find("missing date"), std::string::npos) << line;
    }
    ::setenv("MANROFFOPT", "-ww", 1);
    const Result shown = run_program({"man", "--warnings", "-l", path});
    EXPECT_EQ(shown.status, 0);
    EXPECT_EQ(shown.errors, "") << page;
  }
}

// What roff would take for its own must be shown as it is.
TEST_F(Manual, ShowsWhatHelpShows) {
  ::setenv("MANWIDTH", "200", 1);
  const Result shown = run_program({"man", "-E", "ascii", "-l", write("ringmain-create")});
  ::unsetenv("MANWIDTH");
  for (const char* text : {"ringmain-create - Make a ring before its first producer", "ringmain create [OPTIONS] NAME",
                           "--overwrite,--lossy", "letters, digits, '.', '_' and '-'", "  ringmain create log --lossy",
                           "--evict-after DURATION", "RINGMAIN_DIR"}) {
    EXPECT_NE(shown.output.find(text), std::string::npos) << text << "\n" << shown.output;
  }
}

}  // namespace ringmain::testing
