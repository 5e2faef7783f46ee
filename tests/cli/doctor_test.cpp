// doctor: each finding from facts that are made up, and the command on this machine.
// SPDX-License-Identifier: MIT
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/tool.hpp"
#include "doctor_checks.hpp"

namespace ringmain::testing {
namespace {

using cli::Facts;
using cli::Finding;
using cli::Mark;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// A machine on which nothing is wanting.
Facts healthy() {
  Facts facts;
  facts.kernel = {.release = "6.8.1",
                  .major = 6,
                  .minor = 8,
                  .barriers = true,
                  .futex_waitv = true,
                  .uring_futexes = true,
                  .clocksource = "tsc",
                  .shmem_huge_pages = "never"};
  facts.directory = {.path = "/dev/shm", .in_memory = true, .bytes = 4096 * kMiB, .free = 4000 * kMiB};
  facts.limits.descriptors = 1024;
  facts.limits.mappings = 65530;
  facts.limits.memory_left = 8192 * kMiB;
  facts.processors = {.online = 8, .allowed = 8};
  return facts;
}

// What a check says of a healthy machine with one thing changed.
Finding found(Finding (*check)(const Facts&), const std::function<void(Facts&)>& change) {
  Facts facts = healthy();
  change(facts);
  return check(facts);
}

struct Case {
  const char* what;
  Finding (*check)(const Facts&);
  std::function<void(Facts&)> change;
  Mark mark;
  const char* remedy;  // some of it
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"old kernel", cli::check_kernel, [](Facts& f) { f.kernel.major = 5, f.kernel.minor = 15; }, Mark::kWarn, "5.16"},
      {"first good one", cli::check_kernel, [](Facts& f) { f.kernel.major = 5, f.kernel.minor = 16; }, Mark::kOk, ""},
      {"ancient", cli::check_kernel, [](Facts& f) { f.kernel.major = 3, f.kernel.minor = 14; }, Mark::kBad, "3.15"},
      {"no directory", cli::check_directory, [](Facts& f) { f.directory.problem = "gone"; }, Mark::kBad, "--dir"},
      {"full", cli::check_directory, [](Facts& f) { f.directory.free = 8 * kMiB; }, Mark::kBad, "ringmain gc"},
      {"nearly full", cli::check_directory, [](Facts& f) { f.directory.free = 64 * kMiB; }, Mark::kWarn, "remount"},
      {"docker's /dev/shm", cli::check_directory,
       [](Facts& f) { f.container = "docker", f.directory.bytes = f.directory.free = 64 * kMiB; }, Mark::kWarn,
       "--shm-size"},
      {"a disk", cli::check_directory, [](Facts& f) { f.directory.in_memory = false; }, Mark::kWarn, "RINGMAIN_DIR"},
      {"no directory to try", cli::check_trial, [](Facts& f) { f.directory.problem = "gone"; }, Mark::kBad, "above"},
      {"no locks", cli::check_trial, [](Facts& f) { f.trial.status = Status::kNoLocks; }, Mark::kBad, "--dir"},
      {"no permission", cli::check_trial, [](Facts& f) { f.trial.status = Status::kNoPermission; }, Mark::kBad,
       "chmod"},
      {"no message", cli::check_trial, [](Facts& f) { f.trial.status = Status::kEmpty; }, Mark::kBad, "message"},
      {"little memory", cli::check_memory, [](Facts& f) { f.limits.memory_left = 63 * kMiB; }, Mark::kWarn, "swap"},
      {"no memory", cli::check_memory,
       [](Facts& f) { f.limits.memory_left = 8 * kMiB, f.limits.memory_max = 16 * kMiB; }, Mark::kBad, "--memory"},
      {"few descriptors", cli::check_descriptors, [](Facts& f) { f.limits.descriptors = 255; }, Mark::kWarn,
       "ulimit -n"},
      {"too few", cli::check_descriptors, [](Facts& f) { f.limits.descriptors = 15; }, Mark::kBad, "ulimit -n"},
      {"small files", cli::check_file_size, [](Facts& f) { f.limits.file_bytes = 100 * kMiB; }, Mark::kWarn,
       "ulimit -f"},
      {"too small", cli::check_file_size, [](Facts& f) { f.limits.file_bytes = 8 * kMiB; }, Mark::kBad, "ulimit -f"},
      {"locked memory counts", cli::check_locked_memory,
       [](Facts& f) { f.kernel.major = 5, f.kernel.minor = 11, f.limits.locked_bytes = 65536; }, Mark::kWarn,
       "ulimit -l"},
      {"and not later", cli::check_locked_memory, [](Facts& f) { f.limits.locked_bytes = 65536; }, Mark::kOk, ""},
      {"few mappings", cli::check_mappings, [](Facts& f) { f.limits.mappings = 4095; }, Mark::kWarn, "max_map_count"},
      {"no membarrier", cli::check_barriers, [](Facts& f) { f.kernel.barriers = false; }, Mark::kWarn, "--full-fences"},
      {"no futex_waitv", cli::check_futexes, [](Facts& f) { f.kernel.futex_waitv = false; }, Mark::kWarn, "seccomp"},
      {"io_uring off", cli::check_uring, [](Facts& f) { f.kernel.uring_futexes = false, f.kernel.uring_disabled = 2; },
       Mark::kWarn, "sysctl"},
      {"too old for it", cli::check_uring, [](Facts& f) { f.kernel.uring_futexes = false, f.kernel.minor = 6; },
       Mark::kWarn, "Linux 6.7"},
      {"forbidden", cli::check_uring, [](Facts& f) { f.kernel.uring_futexes = false; }, Mark::kWarn, "seccomp"},
      {"huge pages", cli::check_huge_pages, [](Facts& f) { f.kernel.shmem_huge_pages = "always"; }, Mark::kOk, ""},
      {"one processor", cli::check_processors, [](Facts& f) { f.processors.allowed = 1; }, Mark::kWarn, "--spin 0"},
      {"a quota", cli::check_processors, [](Facts& f) { f.processors.quota = 1.5; }, Mark::kWarn, "cpu.max"},
      {"quota enough", cli::check_processors, [](Facts& f) { f.processors.quota = 2; }, Mark::kOk, ""},
      {"a slow clock", cli::check_clock, [](Facts& f) { f.kernel.clocksource = "hpet"; }, Mark::kWarn, "clocksource"},
      {"a container", cli::check_container, [](Facts& f) { f.container = "podman"; }, Mark::kOk, ""},
  };
  return all;
}

TEST(DoctorChecks, FindNothingOnAHealthyMachine) {
  for (const Finding& finding : cli::examine(healthy())) {
    EXPECT_EQ(finding.mark, Mark::kOk) << finding.subject << ": " << finding.text;
    EXPECT_EQ(finding.remedy, "") << finding.subject;
    EXPECT_NE(finding.text, "") << finding.subject;
  }
}

TEST(DoctorChecks, TellWhatIsWrongAndWhatToDo) {
  for (const Case& one : cases()) {
    const Finding finding = found(one.check, one.change);
    EXPECT_EQ(finding.mark, one.mark) << one.what << ": " << finding.text;
    EXPECT_NE(finding.remedy.find(one.remedy), std::string::npos) << one.what << ": " << finding.remedy;
    EXPECT_EQ(finding.remedy.empty(), one.mark == Mark::kOk) << one.what;
  }
}

TEST(DoctorChecks, TellHowMuchAProcessMayUse) {
  const auto pinned = [](Facts& facts) { facts.processors = {.online = 8, .allowed = 2, .quota = 4}; };
  EXPECT_EQ(found(cli::check_processors, pinned).text, "pinned to 2 of 8, 4.00 of their time (cpu.max)");
}

}  // namespace

class DoctorTest : public Tool {};

TEST_F(DoctorTest, LeavesNothingBehindAndHasARemedyForWhatIsNotOk) {
  const Result examined = run({"doctor", "--json"});
  EXPECT_EQ(examined.errors, "");
  const auto json = nlohmann::json::parse(examined.output);
  EXPECT_EQ(examined.status, json["worst"] == "bad" ? 34 : 0);
  EXPECT_EQ(json["findings"].size(), 15U);
  for (const auto& finding : json["findings"]) {
    EXPECT_EQ(finding["remedy"] == "", finding["mark"] == "ok") << finding;
    EXPECT_TRUE(finding["subject"] != "a ring" || finding["mark"] == "ok") << finding;
  }
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(DoctorTest, WithoutADirectoryItIsBad) {
  const Result examined = run({"doctor", "--dir", directory_.path() / "missing"});
  EXPECT_EQ(examined.status, 34);
  EXPECT_NE(examined.output.find("\nbad   directory"), std::string::npos) << examined.output;
  EXPECT_NE(examined.output.find("remedy: make it"), std::string::npos) << examined.output;
}

}  // namespace ringmain::testing
