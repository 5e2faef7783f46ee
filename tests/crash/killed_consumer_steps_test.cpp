// A consumer killed at every instruction of what it does: nobody else notices, and nothing is left over.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>

#include "bell.hpp"
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

// What it has passed holds the producer no longer than it lives.
TEST_F(EveryInstruction, OfPassingAndGivingBack) {
  sweep(
      three_messages,
      [](Scene& scene) {
        auto consumer = scene.attach("", Start::oldest());
        traced_mark();
        for (std::uint64_t i = 0; i < kSeen; ++i) consumer.try_receive().pass();
        consumer.release_below(algorithm::kSlotBytes);
        consumer.release_below(consumer.position());
        traced_mark();
      },
      nothing_left_over);
}

TEST_F(EveryInstruction, OfGivingBackThatMakesRoom) {
  sweep(
      [](Scene& scene) {
        scene.use_up_room();
        scene.segment().producer().room_wanted.store(1);
      },
      [](Scene& scene) {
        auto consumer = scene.attach("", Start::oldest());
        scene.segment().producer().room_wanted.store(consumer.position() + 1);
        consumer.try_receive().pass();
        traced_mark();
        consumer.release_below(consumer.position());
        traced_mark();
      },
      nothing_left_over);
}

TEST_F(EveryInstruction, OfGoingToSleep) {
  sweep(
      three_messages,
      [](Scene& scene) {
        const auto consumer = scene.attach("", Start::latest());
        const Segment segment = scene.segment();
        const auto ring = segment.ring();
        ConsumerBell bell(ring, &segment.consumers()->lines[2].sleeping);  // behind the witnesses
        traced_mark();
        bell.sleep(std::chrono::nanoseconds(1), [&] { return ring.header_at(consumer.position())->tag.load() != 0; });
        traced_mark();
      },
      nothing_left_over);
}

// What a member does with the next message, and how far it says it got.
class MembersWork : public EveryInstruction {
 protected:
  void two_unread(Scene& scene) {
    for (std::size_t i = 0; i < kMessages; ++i) worked_[i].store(false);
    three_messages(scene);
    auto producer = scene.open();
    first_ = producer.position();
    for (std::size_t i = 0; i < kMessages; ++i) scene.publish(producer);
  }

  void take_and_release(Scene& scene) const {
    auto member = scene.attach(Scene::kGroup, Start::oldest());
    traced_mark();
    Message message = member.try_receive();
    worked_[message.position() == first_ ? 0 : 1].store(true);
    message.release();
    traced_mark();
  }

  // The next members get what the dead one didn't work on; what it did may come again, marked.
  void at_least_once(Scene& scene) const {
    std::array<bool, kMessages> got{};
    for (int looks = 0; receive_one(scene, got); ++looks) require(looks < 6, "there is no end to it");
    for (std::size_t i = 0; i < kMessages; ++i) require(got[i] || worked_[i].load(), "a message was lost");
    scene.witness_alone_catches_up();
    nothing_left_over(scene);
  }

  const Prepare prepare_ = [this](Scene& scene) { two_unread(scene); };
  const Act act_ = [this](Scene& scene) { take_and_release(scene); };
  const Check check_ = [this](Scene& scene) { at_least_once(scene); };

 private:
  static constexpr std::size_t kMessages = 2;

  // By a new member each time: one that joins looks after the dead first. False: there is none.
  bool receive_one(Scene& scene, std::array<bool, kMessages>& got) const {
    auto member = scene.attach(Scene::kGroup, Start::oldest());
    const Message message = member.try_receive();
    if (!message) return false;
    const auto number = scene.stream().number_of(message);
    require(number && *number >= kSeen && *number < kSeen + kMessages, "wrong message");
    const std::size_t index = *number - kSeen;
    const bool again = got[index] || worked_[index].load();
    require(!again || message.redelivered(), "again, and not marked");
    got[index] = true;
    return true;
  }

  const Shared<std::atomic<bool>> worked_{kMessages};
  std::uint64_t first_ = 0;
};

TEST_F(MembersWork, TakeAndRelease) { sweep(prepare_, act_, check_); }

// The message of one that died with it is taken over by one that dies while it does so.
class Heirs : public MembersWork {
 protected:
  const Prepare a_death_with_a_message_ = [this](Scene& scene) {
    two_unread(scene);
    Child dead([&] {
      auto member = scene.attach(Scene::kGroup, Start::oldest());
      const Message message = member.try_receive();
      ::raise(SIGKILL);
    });
    dead.wait();
  };
};

TEST_F(Heirs, Reap) { sweep(a_death_with_a_message_, act_, check_); }

TEST_F(Heirs, ReapAfterAReapThatWasKilled) { sweep_twice(a_death_with_a_message_, act_, act_, check_); }

TEST_F(EveryInstruction, OfAttachAndLeave) {
  sweep(
      three_messages,
      [](Scene& scene) {
        traced_mark();
        { const auto consumer = scene.attach("", Start::oldest()); }
        traced_mark();
      },
      nothing_left_over);
}

TEST_F(EveryInstruction, OfJoiningAndLeavingAGroup) {
  sweep(
      three_messages,
      [](Scene& scene) {
        traced_mark();
        { const auto consumer = scene.attach(Scene::kGroup, Start::oldest()); }
        traced_mark();
      },
      nothing_left_over);
}

TEST_F(EveryInstruction, OfFoundingAndDissolvingAGroup) {
  sweep(
      three_messages,
      [](Scene& scene) {
        traced_mark();
        { const auto consumer = scene.attach("another", Start::oldest()); }
        traced_mark();
      },
      [](Scene& scene) {
        {
          auto next = scene.attach("another", Start::oldest());  // the name is free, or the group goes on
          scene.expect_next(next, 0);
        }
        nothing_left_over(scene);
      });
}

}  // namespace
}  // namespace ringmain::testing
