// What users get wrong, and what they interrupt.
// SPDX-License-Identifier: MIT
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bench/program.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

// The message says what is wrong: it has the second part in it.
TEST(Usage, WrongArgumentsEndWithTwo) {
  const std::vector<std::pair<Arguments, std::string>> wrong{
      {{"frobnicate"}, "no workload 'frobnicate'; there are round-trip"},
      {{"--carriers", "ring,pigeon"}, "no carrier 'pigeon'; there are ring"},
      {{"--sizes", "7"}, "--sizes 7: a size is a multiple of 8"},
      {{"--sizes", "8M"}, "--sizes 8M: a size is a multiple of 8, from 8 to 4M"},
      {{"--sizes", "big"}, "--sizes big"},
      {{"--sizes", "0"}, "--sizes 0"},
      {{"--touch", "gently"}, "--touch gently: choose all"},
      {{"--consumers", "65"}, "--consumers: 1 to 64"},
      {{"--consumers", "0"}, "--consumers: 1 to 64"},
      {{"--seconds", "0"}, "--seconds: more than 0"},
      {{"--seconds", "nan"}, "--seconds: more than 0"},
      {{"--rounds", "0"}, "--rounds: 1 to"},
      {{"--rate", "1"}, "--rate: 10 to"},
      {{"--burst", "0"}, "--burst: 1 to"},
      {{"--batch", "0"}, "--batch: 1 to"},
      {{"--pin", "0,99999"}, "--pin 99999: not a CPU"},
      {{"--pin", "0"}, "--pin: name two CPUs"},
      {{"--suite", "sweet"}, "no suite 'sweet'"},
      {{"--suite", "limits", "--rows", "nonesuch"}, "no row 'nonesuch'"},
      {{"--suite", "limits", "--report", "/tmp/never.html"}, "--suite limits has no --report"},
      {{"--rows", "round-trip"}, "belong to --suite limits"},
      {{"--report", "/nonexistent/report.html"}, "--report"},
      {{"--bogus"}, "--bogus"},
  };
  for (const auto& [arguments, message] : wrong) {
    const Ended ended = run_bench(arguments);
    EXPECT_EQ(ended.status, 2) << ::testing::PrintToString(arguments);
    EXPECT_TRUE(ended.errors.starts_with("ringmain bench: ")) << ended.errors;
    EXPECT_NE(ended.errors.find(message), std::string::npos) << ended.errors;
    EXPECT_NE(ended.errors.find("--help"), std::string::npos) << ended.errors;
    EXPECT_EQ(ended.output, "") << ::testing::PrintToString(arguments);
  }
}

TEST(Usage, HelpAndListGoToStandardOutput) {
  for (const Arguments& arguments : {Arguments{"--help"}, {"--list"}, {"--list", "--suite", "limits"}}) {
    const Ended ended = run_bench(arguments);
    EXPECT_EQ(ended.status, 0);
    EXPECT_NE(ended.output, "");
    EXPECT_EQ(ended.errors, "");
  }
}

// What a run with this process id has made in shared memory.
std::vector<std::string> left_behind(pid_t pid) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("ringmain-bench-" + std::to_string(pid) + "-")) found.push_back(name);
  }
  return found;
}

TEST(Usage, AnInterruptedRunLeavesNothing) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Process process = start_bench({"stream", "--seconds", "300"});
    const pid_t pid = process.child().pid();
    wait_until([&] { return !left_behind(pid).empty(); });
    process.child().signal(signal);
    EXPECT_EQ(process.wait(), 128 + signal) << process.errors();
    EXPECT_EQ(left_behind(pid), std::vector<std::string>{});
  }
}

}  // namespace
}  // namespace ringmain::testing
