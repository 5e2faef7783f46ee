// Killing a child at every instruction of what it does.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>

#include "crash/scene.hpp"
#include "support/child.hpp"
#include "support/mix.hpp"
#include "support/pinned.hpp"
#include "support/scale.hpp"
#include "support/traced.hpp"

namespace ringmain::testing {

inline constexpr int kSamples = 300;  // of an operation that is too long to be killed at every instruction

// Kills a child at every instruction of what it does, or at some.
class EveryInstruction : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Traced::permitted()) GTEST_SKIP() << "ptrace is not permitted here";
    if (kSanitized) GTEST_SKIP() << "a sanitizer's instructions are not the library's";
  }

  using Prepare = std::function<void(Scene&)>;
  using Act = std::function<void(Scene&)>;  // with a traced_mark() before and after what is stepped through
  using Check = std::function<void(Scene&)>;

  // At each instruction of `act`.
  void sweep(const Prepare& prepare, const Act& act, const Check& check) {
    rehearse(prepare, act);
    long kills = 0;
    for (bool done = false; !done; ++kills) {
      done = kill_and_check(prepare, act, check, [&](Traced& child) {
        for (long step = 0; step < kills; ++step) {
          if (!child.step()) return true;
        }
        return false;
      });
      if (HasFailure()) return;
    }
    std::printf("  killed at each of %ld instructions\n", kills - 1);
    EXPECT_GT(kills, 20);
  }

  // At instructions drawn by lot: some of those after a system call (or before the first), for each of them alike.
  void sample(const Prepare& prepare, const Act& act, const Check& check) {
    rehearse(prepare, act);
    long calls = 0;
    kill_and_check(prepare, act, check, [&](Traced& child) {
      while (child.to_system_call()) ++calls;
      return true;
    });
    std::uint64_t lot = 8;
    for (int i = 0; i < kSamples && !HasFailure(); ++i) {
      const std::uint64_t stops = mix(lot) % static_cast<std::uint64_t>(calls + 1);
      const std::uint64_t steps = mix(lot) % (mix(lot) % 8 == 0 ? 2000 : 120);
      kill_and_check(prepare, act, check, [&](Traced& child) {
        for (std::uint64_t stop = 0; stop < stops; ++stop) {
          if (!child.to_system_call()) return true;
        }
        for (std::uint64_t step = 0; step < steps; ++step) {
          if (!child.step()) return true;
        }
        return false;
      });
    }
    std::printf("  killed at %d instructions between %ld stops at system calls\n", kSamples, calls);
  }

 private:
  // Once without a tracer, so that the children find every symbol bound.
  static void rehearse(const Prepare& prepare, const Act& act) {
    Scene scene;
    prepare(scene);
    Child child([&] { act(scene); });
    int status = 0;
    for (int marks = 0; marks < 2; ++marks) {
      ::waitpid(child.pid(), &status, WUNTRACED);
      child.go_on();
    }
    EXPECT_EQ(child.wait(), 0);
  }

  template <class Advance>
  bool kill_and_check(const Prepare& prepare, const Act& act, const Check& check, Advance&& advance) {
    Scene scene;
    prepare(scene);
    bool done = false;
    try {
      Traced child([&] { act(scene); });
      done = advance(child);
      child.kill();
      check(scene);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
    return done;
  }

  const Watchdog watchdog_{600};
  const Pinned pinned_{0};  // all take turns anyway
};

}  // namespace ringmain::testing
