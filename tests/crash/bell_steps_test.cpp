// One goes to sleep, one wakes; either is stopped at each instruction while the other does all of his.
// SPDX-License-Identifier: MIT
#include "bell.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "crash/scene.hpp"
#include "support/pinned.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/traced.hpp"

namespace ringmain::testing {
namespace {

class BellSteps : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Traced::permitted()) GTEST_SKIP() << "ptrace is not permitted here";
    if (kSanitized) GTEST_SKIP() << "a sanitizer's instructions are not the library's";
  }

  // Does `work` in a child, with `intrusion` at its nth instruction, for each n.
  template <class Work, class Intrusion>
  void at_each_instruction(Work&& work, Intrusion&& intrusion) const {
    long steps = 0;
    for (bool done = false; !done; ++steps) {
      lines_->bell.store(7);
      area_->sleepers.store(1);
      Traced child([&] {
        traced_mark();
        work();
        traced_mark();
      });
      for (long step = 0; step < steps && !done; ++step) done = !child.step();
      intrusion();
      while (!done && child.to_system_call()) {
      }
      // Who sleeps on what was the bell when he lay down is listed, or the bell has changed: then he doesn't fall asleep.
      ASSERT_TRUE(area_->sleepers.load() != 0 || lines_->bell.load() != lain_down_at_->load())
          << "asleep, and no publish will wake him";
    }
    std::printf("PROOF bell-steps %s: %ld instructions\n",
                ::testing::UnitTest::GetInstance()->current_test_info()->name(), steps - 1);
  }

  void lie_down() const {
    ConsumerBell sleeper(ring_, nullptr);
    lain_down_at_->store(sleeper.lie_down().bell.expected);
  }
  void ring() const { ring_bell_for_all(ring_); }

  const Watchdog watchdog_{120};
  const Pinned pinned_{0};
  const Shared<algorithm::NativeProducerLines> lines_;
  const Shared<algorithm::NativeConsumersArea> area_;
  const Shared<std::atomic<std::uint32_t>> lain_down_at_;
  const algorithm::Ring<> ring_{.producer = &*lines_, .consumers = &*area_};
};

TEST_F(BellSteps, OfOneWhoWakesWhileAnotherLiesDown) {
  at_each_instruction([this] { ring(); }, [this] { lie_down(); });
}

TEST_F(BellSteps, OfOneWhoLiesDownWhileAnotherWakes) {
  at_each_instruction([this] { lie_down(); }, [this] { ring(); });
}

// The producer doesn't fall asleep, or is woken: nobody but who makes room will do it.
TEST_F(BellSteps, OfAProducerThatGoesToSleepWhileThereIsRoom) {
  constexpr std::uint64_t kExtent = 1024;
  for (long steps = 0;; ++steps) {
    Scene scene;
    scene.fill();
    const Segment segment = scene.segment();
    Traced child([&] {
      algorithm::Producer<> producer(segment.ring());
      require(producer.recover(), "no recovery");
      traced_mark();
      const bool room = sleep_for_room(producer, kExtent, std::chrono::seconds(2));
      traced_mark();
      require(room, "no room");
    });
    int calls = 0;
    for (long step = 0; step < steps && calls < 2; ++step) {
      calls += child.at_system_call() ? 1 : 0;
      if (calls < 2) child.step();
    }
    const bool about_to_sleep = calls == 2;  // after membarrier()
    scene.member_receives();                 // which rings by itself: a member that looks after the dead does
    const std::uint32_t bell = segment.consumers()->room_bell.load();
    scene.witness_alone_catches_up();
    const bool rung = segment.consumers()->room_bell.load() != bell;
    while (child.to_system_call()) {
    }
    const bool slept = segment.producer().room_waits.load() != 0;
    ASSERT_TRUE(!slept || rung) << "asleep, and no release will wake it";
    if (!about_to_sleep) continue;
    std::printf("PROOF bell-steps %s: %ld instructions\n",
                ::testing::UnitTest::GetInstance()->current_test_info()->name(), steps);
    break;
  }
}

}  // namespace
}  // namespace ringmain::testing
