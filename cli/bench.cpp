// ringmain bench: the benchmark is a program of its own, with what it needs to compare.
// SPDX-License-Identifier: MIT
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "commands.hpp"
#include "failure.hpp"

namespace ringmain::cli {
namespace {

constexpr const char* kProgram = "ringmain-bench";

// Beside this program, or wherever PATH says.
[[noreturn]] void become_benchmark(const std::vector<std::string>& arguments) {
  std::error_code ignored;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / kProgram;
  std::string name = "ringmain bench";
  std::vector<char*> argv{name.data()};
  std::vector<std::string> copies(arguments);
  for (std::string& argument : copies) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(beside.c_str(), argv.data());
  ::execvp(kProgram, argv.data());
  throw Failure(Status::kNotFound,
                "bench: the program ringmain-bench isn't installed; build Ringmain with -DRINGMAIN_BUILD_BENCH=ON");
}

}  // namespace

Command add_bench(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("bench", "Measure the ring against pipe, sockets and others on this machine");
  parser.set_help_flag();  // the program has a help of its own
  parser.prefix_command();
  return {&parser, [&parser]() -> int { become_benchmark(parser.remaining()); }};
}

}  // namespace ringmain::cli
