// Killing a child at every instruction of what it does.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "crash/scene.hpp"
#include "support/child.hpp"
#include "support/pinned.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/traced.hpp"
#include "support/watch.hpp"

namespace ringmain::testing {

// Kills a child at every instruction of what it does, on a new Stage each time: something with rings in a directory().
//
// A long path is killed at each of its *states* instead: after each system call, and after each instruction that changed
// a byte of a ring. What a child does between two of them, no survivor can tell.
template <class Stage>
class Killing : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Traced::permitted()) GTEST_SKIP() << "ptrace is not permitted here";
    if (kSanitized) GTEST_SKIP() << "a sanitizer's instructions are not the library's";
  }

  using Prepare = std::function<void(Stage&)>;
  using Act = std::function<void(Stage&)>;  // with a traced_mark() before and after what is stepped through
  using Check = std::function<void(Stage&)>;

  // At each instruction of `act` if there are few, else at each state; in an everyday run at some of those.
  void sweep(const Prepare& prepare, const Act& act, const Check& check) {
    rehearse(prepare, act, check);
    const Plan plan = plan_of(prepare, act);
    if (plan.instructions <= proof_scaled(200L, 1500L)) {
      for (long step = 0; step <= plan.instructions; ++step) {
        kill_and_check(prepare, act, check, [&](Traced& child, Watch&) { return go(child, step); });
      }
    } else {
      for (const Moment& moment : some_of(plan.moments, kFew)) {
        kill_and_check(prepare, act, check, to(moment));
      }
    }
    EXPECT_GT(plan.instructions, 20);
    report(plan.instructions, static_cast<long>(plan.moments.size()));
  }

  // `first` at each state, and after each of its deaths `second` at each state of its own.
  void sweep_twice(const Prepare& prepare, const Act& first, const Act& second, const Check& check) {
    rehearse(prepare, first, check);
    rehearse(prepare, second, check);
    const Plan plan = plan_of(prepare, first);
    long instructions = plan.instructions;
    long states = 0;
    for (const Moment& death : some_of(plan.moments, kFewTwice, kMostDeaths)) {
      const Prepare left = [&](Stage& stage) {
        prepare(stage);
        Traced child([&] { first(stage); });
        Watch watch(stage.directory());
        to(death)(child, watch);
      };
      const Plan next = plan_of(left, second);
      instructions += next.instructions;
      states += static_cast<long>(next.moments.size());
      for (const Moment& moment : some_of(next.moments, kFewTwice)) kill_and_check(left, second, check, to(moment));
      if (HasFailure()) break;
    }
    report(instructions, states);
  }

 private:
  static constexpr std::size_t kFew = 40;         // of the states of one path
  static constexpr std::size_t kFewTwice = 8;     // of each of two
  static constexpr std::size_t kMostDeaths = 60;  // of the first of two, ever: a birth is a thousand stores alike

  // So many system calls are done, and after the last of them so many instructions that changed a byte of a ring.
  struct Moment {
    long calls = 0;
    long changes = 0;
  };
  struct Plan {
    long instructions = 0;
    std::vector<Moment> moments{Moment{}};
  };
  using Advance = std::function<bool(Traced&, Watch&)>;  // false: the work was done before

  // Once without a tracer and to the end, so that every child finds the same: symbols bound, and known what is asked for
  // once a process.
  static void rehearse(const Prepare& prepare, const Act& act, const Check& check) {
    Stage stage;
    prepare(stage);
    Child child([&] { act(stage); });
    int status = 0;
    for (int marks = 0; marks < 2; ++marks) {
      ::waitpid(child.pid(), &status, WUNTRACED);
      child.go_on();
    }
    EXPECT_EQ(child.wait(), 0);
    check(stage);
  }

  static Plan plan_of(const Prepare& prepare, const Act& act) {
    Stage stage;
    prepare(stage);
    Traced child([&] { act(stage); });
    Watch watch(stage.directory());
    (void)watch.changed();
    Plan plan;
    for (Moment now;; ++plan.instructions) {
      const bool call = child.at_system_call();
      if (!child.step()) return plan;
      if (call) watch.look();
      if (!watch.changed() && !call) continue;
      now = call ? Moment{now.calls + 1, 0} : Moment{now.calls, now.changes + 1};
      plan.moments.push_back(now);
    }
  }

  // All of them (or `most`) under `make proof`, else a few: as many after system calls as after other instructions.
  static std::vector<Moment> some_of(const std::vector<Moment>& moments, std::size_t few, std::size_t most = SIZE_MAX) {
    std::array<std::vector<Moment>, 2> kinds;
    for (const Moment& moment : moments) kinds[moment.changes == 0 ? 0 : 1].push_back(moment);
    const std::size_t count = std::min(proof_scaled(few, most), moments.size());
    const std::size_t calls = std::clamp(count / 2, count - std::min(count, kinds[1].size()), kinds[0].size());
    std::vector<Moment> result = spread(kinds[0], calls);
    for (const Moment& moment : spread(kinds[1], count - calls)) result.push_back(moment);
    return result;
  }

  // The first, the last and, evenly spread, some between them.
  static std::vector<Moment> spread(const std::vector<Moment>& moments, std::size_t count) {
    std::vector<Moment> result;
    for (std::size_t i = 0; i < count; ++i) {
      result.push_back(moments[count == 1 ? 0 : i * (moments.size() - 1) / (count - 1)]);
    }
    return result;
  }

  static bool go(Traced& child, long instructions) {
    for (long step = 0; step < instructions; ++step) {
      if (!child.step()) return false;
    }
    return true;
  }

  static Advance to(const Moment& moment) {
    return [moment](Traced& child, Watch& watch) {
      for (long stop = 0; stop < 2 * moment.calls; ++stop) {  // at its entry, and at its return
        if (!child.to_system_call()) return false;
      }
      if (moment.changes == 0) return true;
      watch.look();
      (void)watch.changed();
      for (long changes = 0; changes < moment.changes; changes += watch.changed() ? 1 : 0) {
        if (!child.step()) return false;
      }
      return true;
    };
  }

  void kill_and_check(const Prepare& prepare, const Act& act, const Check& check, const Advance& advance) {
    if (HasFailure()) return;
    ++planned_;
    const auto descriptors = open_descriptors();
    try {
      Stage stage;
      prepare(stage);
      Traced child([&] { act(stage); });
      Watch watch(stage.directory());
      if (advance(child, watch)) ++kills_;
      child.kill();
      const std::int64_t death = monotonic_ns();
      check(stage);
      longest_ = std::max(longest_, stage.back_at_work() - death);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what() << ", after kill " << kills_;
    }
    EXPECT_EQ(open_descriptors(), descriptors) << "a survivor leaks descriptors";
  }

  static std::ptrdiff_t open_descriptors() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  }

  void report(long instructions, long states) const {
    EXPECT_GE(3 * kills_, planned_)
        << "the children don't do again what was planned by";  // a clock may lead some astray
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::printf("PROOF kill-sweep %s.%s: %ld instructions, %ld states, %ld kills, %d bad\n", test->test_suite_name(),
                test->name(), instructions, states, kills_, HasFailure() ? 1 : 0);
    std::printf("  work went on %.1f ms after a kill at the latest\n", static_cast<double>(longest_) / 1e6);
  }

  const Watchdog watchdog_{proof_scaled(600U, 3600U)};
  const Pinned pinned_{0};  // all take turns anyway
  long planned_ = 0;
  long kills_ = 0;  // where they were planned
  std::int64_t longest_ = 0;
};

using EveryInstruction = Killing<Scene>;

}  // namespace ringmain::testing
