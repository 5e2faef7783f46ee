// A terminal with a shell in it: tmux plays it, so its screen can be read and its keys pressed.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "support/process.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

class Terminal {
 public:
  static bool available() { return Process({"sh", "-c", "command -v tmux"}).wait() == 0; }

  Terminal(int columns, int rows) {
    wait_until([&] { return std::filesystem::exists(socket()); });
    tmux({"new-session", "-d", "-x", std::to_string(columns), "-y", std::to_string(rows), "env PS1='ready> ' sh"});
    wait_until([&] { return shows("ready>"); });
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    tmux({"kill-server"});
    server_.wait();
  }

  // A command for the shell.
  void run(const std::string& command) const {
    tmux({"send-keys", "-l", command});
    press("Enter");
  }
  void press(const std::string& key) const { tmux({"send-keys", key}); }  // as tmux names it
  void resize(int columns, int rows) const {
    tmux({"resize-window", "-x", std::to_string(columns), "-y", std::to_string(rows)});
  }

  std::string screen() const { return tmux({"capture-pane", "-p"}); }
  std::string coloured_screen() const { return tmux({"capture-pane", "-p", "-e"}); }
  bool shows(std::string_view text) const { return screen().find(text) != std::string::npos; }

  // What the command prints, once the shell runs it.
  std::string output_of(const std::string& command) const {
    const std::string file = directory_.path() / "output";
    const std::string done = directory_.path() / "done";
    std::filesystem::remove(done);
    run(command + " > " + file + "; touch " + done);
    wait_until([&] { return std::filesystem::exists(done); });
    return content_of(open_file(file, 0));
  }

 private:
  std::string socket() const { return directory_.path() / "socket"; }

  std::string tmux(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"tmux", "-S", socket()});
    Process process(arguments);
    process.wait();
    return process.output();
  }

  TemporaryDirectory directory_{};
  Process server_{
      {"env", "-u", "TMUX", "-u", "NO_COLOR", "tmux", "-S", socket(), "-f", "/dev/null", "-D"}};  // ends with us
};

}  // namespace ringmain::testing
