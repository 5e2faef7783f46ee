// ringmain: publish, receive, list and remove rings from the command line.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "colour.hpp"
#include "commands.hpp"
#include "failure.hpp"
#include "help.hpp"
#include "misuse.hpp"
#include "output.hpp"

namespace ringmain::cli {
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  seq 1000000 | ringmain pub numbers --lines --wait-for 1    in one terminal,\n"
    "  ringmain sub numbers --lines --wait | tail -1              and in another\n"
    "\n"
    "  tar c src | ringmain pub backup --wait-for 2 --rm          to two disks\n"
    "  ringmain sub backup --wait > /mnt/a/src.tar\n"
    "  ringmain sub backup --wait > /mnt/b/src.tar\n"
    "\n"
    "  ringmain sub jobs --lines --wait --group workers | xargs -n1 convert\n"
    "                             started as often as there are processors\n"
    "\n"
    "  ringmain top               who is there, how fast, and how far behind\n"
    "  ringmain doctor            whether this machine is fit for rings\n";

// A standard stream that the parent closed must not become a file of a ring: the stream's bytes would go there.
// /dev/null takes its place, opened the wrong way, so that its use still fails.
void occupy_standard_descriptors() {
  for (const int descriptor : std::array{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(descriptor, F_GETFD) != -1) continue;
    ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

// The arguments in the order in which CLI11 takes them, from the last to the first. An address like -?lines would look like
// an option to it, so a space goes before it, which addresses ignore.
std::vector<std::string> arguments(int argc, char** argv) {
  std::vector<std::string> all(argv + std::min(argc, 1), argv + argc);
  for (std::string& argument : all) {
    if (argument.starts_with("-?")) argument.insert(0, " ");
  }
  std::reverse(all.begin(), all.end());
  return all;
}

int run(int argc, char** argv) {
  CLI::App root(
      "Moves messages between processes through a ring in shared memory: one producer, any number of consumers.",
      "ringmain");
  root.footer(fmt::format("{}\n{}\nringmain COMMAND --help says more.", kExamples, exit_statuses()));
  root.set_help_flag("-h,--help", "Say how to use it");
  root.set_version_flag("--version", "ringmain " RINGMAIN_VERSION, "Say which version it is");
  root.formatter(std::make_shared<HelpFormatter>());
  root.require_subcommand(0, 1);
  add_colour(root);
  const std::array commands{add_pub(root),    add_sub(root),    add_tee(root),      add_relay(root), add_record(root),
                            add_replay(root), add_ls(root),     add_stat(root),     add_top(root),   add_tap(root),
                            add_hz(root),     add_create(root), add_rm(root),       add_gc(root),    add_evict(root),
                            add_doctor(root), add_bench(root),  add_complete(root), add_manual(root)};
  for (const Command& command : commands) {
    command.parser->group(command.parser->get_name().starts_with("__") ? "" : "Commands");  // "": hidden
    if (!command.parser->get_prefix_command()) command.parser->fallthrough();  // --color may stand behind the command
  }
  try {
    root.parse(arguments(argc, argv));
  } catch (const CLI::Success& wanted) {  // --help, --version
    std::ostringstream text;
    root.exit(wanted, text, text);
    print(text.str());
    return 0;
  } catch (const CLI::ParseError& error) {
    report(explain(error, root));
    return kUsage;
  }
  for (const Command& command : commands) {
    if (command.parser->parsed()) return command.run();
  }
  report("no command was given; see ringmain --help");
  return kUsage;
}

}  // namespace
}  // namespace ringmain::cli

int main(int argc, char** argv) {
  ringmain::cli::occupy_standard_descriptors();
  try {
    return ringmain::cli::run(argc, argv);
  } catch (...) {
    return ringmain::cli::report_current_exception();
  }
}
