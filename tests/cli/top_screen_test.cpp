// top in a terminal: its screen, its keys, and what it leaves behind.
// SPDX-License-Identifier: MIT
#include <csignal>
#include <string>

#include "cli/terminal.hpp"
#include "cli/tool.hpp"

namespace ringmain::testing {

using Words = std::vector<std::string>;

class TopScreen : public Tool {
 protected:
  void SetUp() override {
    if (!Terminal::available()) GTEST_SKIP() << "tmux is not installed";
  }

  static std::string top(const std::string& options = {}) { return RINGMAIN_TOOL " top --every 20ms " + options; }

  // The lines of a screen, as many as it is high.
  static Words lines_of(const Terminal& terminal) {
    std::istringstream text(terminal.screen());
    Words lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  static void wait_until_shown(const Terminal& terminal) {
    wait_until([&] { return terminal.shows("q quit"); });
  }

  // Runs top, ends it by `end`, and expects that it leaves the terminal as it found it. Returns its exit status.
  template <class End>
  std::string expect_restored(const End& end) const {
    const Terminal terminal(80, 24);
    const std::string before = terminal.output_of("stty -g");
    const std::string file = directory_.path() / "pid";
    terminal.run("sh -c 'echo $$ > " + file + "; exec " + top() + "'");
    wait_until_shown(terminal);
    pid_t pid = 0;
    std::ifstream(file) >> pid;
    end(terminal, pid);
    wait_until([&] { return !terminal.shows("q quit"); });
    const std::string status = terminal.output_of("echo $?");
    EXPECT_EQ(terminal.output_of("stty -g"), before);
    EXPECT_TRUE(terminal.shows("ready> ")) << "the screen of the shell is back\n" << terminal.screen();
    return status;
  }
};

TEST_F(TopScreen, ShowsWhoGatesTheProducer) {
  Process producer = start({"pub", "ring", "--capacity", "64K", "--wait-for", "2"});
  Process quick = start({"sub", "ring", "--wait"});
  Process stopped = start({"sub", "ring", "--wait", "--group", "workers"});
  producer.write("x");
  wait_until([&] { return quick.output() == "x" && stopped.output() == "x"; });
  stopped.child().stop();
  producer.write(std::string(90'000, 'y'));  // more than the ring has room for; the rest stays in the pipe
  wait_until([&] { return look().room_waits > 0; });

  const Terminal terminal(80, 24);
  terminal.run(top());
  wait_until([&] { return row(terminal.screen(), "ring").size() == 8; });
  const std::string screen = terminal.screen();
  EXPECT_EQ(row(screen, "ring"), (Words{"ring", "live", "0", "0", "B", "of", "64K", "waits"})) << screen;
  const Words workers = row(screen, "workers");
  ASSERT_EQ(workers.size(), 7U) << screen;
  EXPECT_TRUE(workers[3].starts_with("####")) << screen;
  EXPECT_EQ(workers.back(), "gates");
  const auto caught_up = screen.find("pid " + std::to_string(quick.child().pid()));
  EXPECT_EQ(screen.find("..........", caught_up), screen.find_first_of("#.", caught_up)) << screen;
  const Words lines = lines_of(terminal);
  ASSERT_EQ(lines.size(), 24U);
  EXPECT_TRUE(lines.front().starts_with("ringmain top: 1 ring, ")) << screen;
  EXPECT_TRUE(lines.back().starts_with("q quit")) << screen;
  terminal.press("q");
  stopped.child().kill();
  producer.end_input();
}

TEST_F(TopScreen, ShowsRatesOfARingAtWork) {
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "line\n";
  const OwnedDescriptor input = file_of(lines);
  const Process producer = start({"pub", "ring", "--lines", "--rate", "1000"}, {.in = input.get()});
  wait_for_messages(1);
  const Terminal terminal(80, 24);
  terminal.run(top());
  wait_until([&] {
    const Words ring = row(terminal.screen(), "ring");
    return ring.size() > 3 && ring[2] != "-" && ring[2] != "0" && ring[3] != "0";
  });
  terminal.press("q");
  wait_until([&] { return !terminal.shows("q quit"); });
}

TEST_F(TopScreen, KeysSortSelectAndShowOneAlone) {
  EXPECT_EQ(run({"pub", "blue", "--lines"}, "x\n").status, 0);
  EXPECT_EQ(run({"pub", "red", "--lines"}, "x\ny\n").status, 0);
  for (const char* ring : {"blue", "red"}) {
    EXPECT_EQ(run({"sub", ring, "--from", "oldest", "--group", "g", "--durable", "--count", "1"}).status, 0);
  }
  const Terminal terminal(80, 24);
  terminal.run(top());
  const auto line_of = [&](const std::string& name) {
    const Words lines = lines_of(terminal);
    const auto found =
        std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.starts_with(name); });
    return found - lines.begin();
  };
  wait_until([&] { return terminal.shows("q quit") && line_of("blue") < line_of("red"); });
  terminal.press("l");
  wait_until([&] { return line_of("red") < line_of("blue"); });
  terminal.press("n");
  wait_until([&] { return line_of("blue") < line_of("red"); });
  terminal.press("Down");
  terminal.press("Enter");
  wait_until([&] { return terminal.shows("red") && !terminal.shows("blue"); });
  terminal.press("Enter");
  wait_until([&] { return terminal.shows("blue"); });
  terminal.press("k");
  terminal.press("Enter");
  wait_until([&] { return terminal.shows("blue") && !terminal.shows("red"); });
  terminal.press("q");
}

TEST_F(TopScreen, FollowsTheSizeOfTheTerminal) {
  for (int i = 0; i < 30; ++i) EXPECT_EQ(run({"pub", "ring" + std::to_string(100 + i), "--capacity", "64K"}).status, 0);
  const Terminal terminal(80, 24);
  terminal.run(top());
  wait_until_shown(terminal);
  EXPECT_FALSE(terminal.shows("ring129")) << "there is no room for it";
  terminal.resize(100, 40);
  wait_until([&] { return terminal.shows("ring129") && lines_of(terminal).back().starts_with("q quit"); });
  terminal.resize(50, 6);
  wait_until([&] { return lines_of(terminal).back().starts_with("q quit"); });
  for (int i = 0; i < 29; ++i) terminal.press("Down");
  wait_until([&] { return terminal.shows("ring129") && !terminal.shows("ring100"); });
  terminal.press("q");
}

TEST_F(TopScreen, ColoursAreLeftOutWhenNotWanted) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  make_garbage("garbage");
  const Terminal terminal(80, 24);
  terminal.run(top());
  wait_until_shown(terminal);
  EXPECT_NE(terminal.coloured_screen().find("\x1b[31m"), std::string::npos);
  terminal.press("q");
  wait_until([&] { return !terminal.shows("q quit"); });
  terminal.run("NO_COLOR=1 " + top());
  wait_until_shown(terminal);
  EXPECT_EQ(terminal.coloured_screen().find("\x1b[31m"), std::string::npos);
  terminal.press("q");
  wait_until([&] { return !terminal.shows("q quit"); });
  terminal.run(RINGMAIN_TOOL " ls");
  wait_until([&] { return terminal.coloured_screen().find("\x1b[31mnot a ring") != std::string::npos; });
  terminal.run("clear; NO_COLOR=1 " RINGMAIN_TOOL " ls; echo over");
  wait_until([&] { return terminal.shows("\nover"); });
  EXPECT_EQ(terminal.coloured_screen().find("\x1b[31m"), std::string::npos);
}

TEST_F(TopScreen, LeavesTheTerminalAsItWas) {
  for (const auto& [key, status] : {std::pair{"q", "0\n"}, {"C-c", "130\n"}, {"C-\\", "131\n"}}) {
    EXPECT_EQ(expect_restored([&](const Terminal& terminal, pid_t) { terminal.press(key); }), status);
  }
  EXPECT_EQ(expect_restored([](const Terminal&, pid_t pid) { ::kill(pid, SIGTERM); }), "143\n");
}

TEST_F(TopScreen, AStoppedOneLeavesTheTerminalAndComesBack) {
  const Terminal terminal(80, 24);
  const std::string before = terminal.output_of("stty -g");
  terminal.run(top());
  wait_until_shown(terminal);
  terminal.press("C-z");
  wait_until([&] { return !terminal.shows("q quit"); });
  EXPECT_EQ(terminal.output_of("stty -g"), before);
  terminal.run("fg");
  wait_until_shown(terminal);
  terminal.press("q");
  wait_until([&] { return !terminal.shows("q quit"); });
  EXPECT_EQ(terminal.output_of("stty -g"), before);
}

TEST_F(TopScreen, ATerminalOfUnknownTypeIsAnError) {
  const Terminal terminal(80, 24);
  terminal.run("TERM=unheard-of " + top() + "; echo status $?");
  wait_until([&] { return terminal.shows("status 1"); });
  EXPECT_TRUE(terminal.shows("'unheard-of', is unknown")) << terminal.screen();
}

}  // namespace ringmain::testing
