// A consumer killed at every instruction of what it does: nobody else notices, and nothing is left over.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>

#include "crash/every_instruction.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

constexpr std::uint64_t kSeen = 3;  // messages that the witnesses have had

void three_messages(Scene& scene) { scene.publish_and_catch_up(kSeen); }

void nothing_left_over(Scene& scene) {
  scene.expect_recovery(0);
  scene.expect_only_witnesses();
}

TEST_F(EveryInstruction, OfReceiveAndRelease) {
  sweep(
      three_messages,
      [](Scene& scene) {
        auto consumer = scene.attach("", Start::oldest());
        traced_mark();
        consumer.try_receive().release();
        traced_mark();
      },
      nothing_left_over);
}

TEST_F(EveryInstruction, OfReleaseThatMakesRoom) {
  sweep(
      [](Scene& scene) {
        scene.use_up_room();
        scene.segment().producer().room_wanted.store(1);
      },
      [](Scene& scene) {
        auto consumer = scene.attach("", Start::oldest());
        scene.segment().producer().room_wanted.store(consumer.position() + 1);
        traced_mark();
        consumer.try_receive().release();
        traced_mark();
      },
      nothing_left_over);
}

// What a member does with the next message, and how far it says it got.
class MembersWork : public EveryInstruction {
 protected:
  static void two_unread(Scene& scene) {
    three_messages(scene);
    auto producer = scene.open();
    scene.publish(producer);
    scene.publish(producer);
  }

  Act take_and_release() {
    return [this](Scene& scene) {
      auto member = scene.attach(Scene::kGroup, Start::oldest());
      worked_->store(false);
      traced_mark();
      Message message = member.try_receive();
      worked_->store(true);
      message.release();
      traced_mark();
    };
  }

  // The next members get what the dead one didn't work on; what it did may come again, marked.
  Check at_least_once() {
    return [this](Scene& scene) {
      bool got[2] = {false, false};
      for (int looks = 0; looks < 4; ++looks) receive_one(scene, got);
      require(got[1] && (got[0] || worked_->load()), "a message was lost");
      scene.witness_alone_catches_up();
      nothing_left_over(scene);
    };
  }

 private:
  // By a new member each time: one that joins looks after the dead first.
  void receive_one(Scene& scene, bool (&got)[2]) const {
    auto member = scene.attach(Scene::kGroup, Start::oldest());
    const Message message = member.try_receive();
    if (!message) return;
    const auto number = scene.stream().number_of(message);
    require(number && *number >= kSeen && *number < kSeen + 2, "wrong message");
    bool& seen = got[*number - kSeen];
    const bool again = seen || (*number == kSeen && worked_->load());
    require(!again || message.redelivered(), "again, and not marked");
    seen = true;
  }

  const Shared<std::atomic<bool>> worked_;
};

TEST_F(MembersWork, TakeAndRelease) { sweep(two_unread, take_and_release(), at_least_once()); }

// The message of one that died with it is taken over by one that dies while it does so.
TEST_F(MembersWork, Reap) {
  sample(
      [](Scene& scene) {
        two_unread(scene);
        Child dead([&] {
          auto member = scene.attach(Scene::kGroup, Start::oldest());
          const Message message = member.try_receive();
          ::raise(SIGKILL);
        });
        dead.wait();
      },
      take_and_release(), at_least_once());
}

TEST_F(EveryInstruction, OfAttachAndLeave) {
  sample(
      three_messages,
      [](Scene& scene) {
        traced_mark();
        { const auto consumer = scene.attach("", Start::oldest()); }
        traced_mark();
      },
      nothing_left_over);
}

TEST_F(EveryInstruction, OfJoiningAndLeavingAGroup) {
  sample(
      three_messages,
      [](Scene& scene) {
        traced_mark();
        { const auto consumer = scene.attach(Scene::kGroup, Start::oldest()); }
        traced_mark();
      },
      nothing_left_over);
}

TEST_F(EveryInstruction, OfFoundingAndDissolvingAGroup) {
  sample(
      three_messages,
      [](Scene& scene) {
        traced_mark();
        { const auto consumer = scene.attach("another", Start::oldest()); }
        traced_mark();
      },
      [](Scene& scene) {
        { const auto next = scene.attach("another", Start::oldest()); }  // the name is free, or goes on
        nothing_left_over(scene);
      });
}

}  // namespace
}  // namespace ringmain::testing
