// Waiting for several rings at once: what ends a wait, what doesn't, and whose turn it is. A busy ring among them, or
// more rings than one futex call takes.
// SPDX-License-Identifier: MIT
#include "ringmain/wait_set.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "ringmain/pollable.hpp"
#include "support/wait_scenes.hpp"

namespace ringmain::testing {

namespace {

class WaitSetOf : public ::testing::TestWithParam<std::size_t> {};

template <class Action>
Status status_of(Action&& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.status();
  }
  return Status::kOk;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Rings, WaitSetOf, ::testing::Values(3, 128, 129, 300));

TEST_P(WaitSetOf, sleeps_until_any_ring_rings) { sleeps_until_any_ring_rings(GetParam()); }
TEST_P(WaitSetOf, wakes_at_every_message) { wakes_at_every_message(GetParam()); }
TEST_P(WaitSetOf, serves_all_in_turns) { serves_all_in_turns(GetParam()); }
TEST_P(WaitSetOf, starves_nobody_for_a_busy_ring) { a_busy_ring_starves_nobody(GetParam()); }
TEST_P(WaitSetOf, names_who_ended_until_it_is_removed) { names_who_ended_until_it_is_removed(GetParam()); }
TEST_P(WaitSetOf, lets_members_come_and_go_between_waits) { members_come_and_go_between_waits(GetParam()); }
TEST_P(WaitSetOf, notices_a_producer_that_died) { notices_a_producer_that_died(GetParam()); }
TEST_P(WaitSetOf, notices_a_ring_that_was_removed) { notices_a_ring_that_was_removed(GetParam()); }

TEST(WaitSet, of_one_is_a_way_to_wait_without_receiving) {
  sleeps_until_any_ring_rings(1);
  names_who_ended_until_it_is_removed(1);
  notices_a_producer_that_died(1);
}

TEST(WaitSet, of_nothing_returns_at_once) {
  WaitSet set;
  EXPECT_EQ(set.wait(), nullptr);
  WaitScene scene(1);
  scene.set().remove(scene.ring(0).consumer);
  EXPECT_EQ(scene.set().wait(), nullptr);
}

TEST(WaitSet, refuses_a_member_twice_and_a_stranger) {
  WaitScene scene(1);
  SmallRing stranger;
  EXPECT_EQ(status_of([&] { scene.set().add(scene.ring(0).consumer); }), Status::kBadOption);
  EXPECT_EQ(status_of([&] { scene.set().remove(stranger.consumer); }), Status::kBadOption);
  EXPECT_EQ(scene.set().size(), 1U);
}

TEST(WaitSet, may_move_and_share_its_members) {
  WaitScene scene(2);
  WaitSet other;
  other.add(scene.ring(1).consumer);
  WaitSet moved = std::move(other);
  scene.fall_asleep();
  EXPECT_EQ(moved.wait(std::chrono::milliseconds(1)), nullptr);
  scene.ring(1).publish();
  EXPECT_EQ(moved.wait(), &scene.ring(1).consumer);
  scene.expect(1);
}

// A look on behalf of the set must not move on from what is borrowed: its bytes would be taken for valid.
TEST(WaitSet, leaves_alone_what_is_borrowed) {
  auto producer = Producer::create_unnamed({.capacity = 64 << 10, .policy = Policy::kOverwrite});
  auto consumer = Consumer::attach(producer.descriptors());
  WaitSet set;
  set.add(consumer);
  Pollable pollable = consumer.pollable();
  const std::vector<std::byte> bytes(1000);
  ASSERT_EQ(producer.publish(bytes, 1), Status::kOk);
  {
    const auto message = consumer.try_receive();
    ASSERT_TRUE(message);
    for (int i = 0; i < 200; ++i) ASSERT_EQ(producer.publish(bytes, 2), Status::kOk);
    EXPECT_EQ(set.wait(std::chrono::nanoseconds{0}), &consumer);
    EXPECT_FALSE(pollable.arm());
    EXPECT_FALSE(message.still_valid());
    EXPECT_EQ(message.position(), 0U);
  }
  std::uint64_t received = 0;
  while (consumer.try_receive()) ++received;
  EXPECT_EQ(received + consumer.lost(), 200U) << "none was passed over in silence";
}

// Nobody rings for it, so it is looked at again and again.
TEST(WaitSet, serves_a_spectator) {
  for (const std::size_t rings : {std::size_t{1}, std::size_t{130}}) {
    WaitScene scene(rings);
    auto spectator = Consumer::attach(scene.ring(0).producer.descriptors(), {.spectator = true});
    scene.set().remove(scene.ring(0).consumer);
    scene.set().add(spectator);
    scene.fall_asleep();
    scene.ring(0).publish();
    EXPECT_EQ(scene.set().wait(std::chrono::nanoseconds{0}), &spectator);
  }
}

}  // namespace ringmain::testing
