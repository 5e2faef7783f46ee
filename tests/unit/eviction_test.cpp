// Who is evicted, by the producer or by hand: consumers and whole groups, and those who come in between.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <optional>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

TEST(Eviction, takes_those_who_lag) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached slow(ring);
  Attached fast(ring);
  ASSERT_TRUE(publish_some(producer, 1023));
  EXPECT_EQ(drain(fast.reader), 1023U);
  const Position wanted = producer.cursor_wanted(64);
  EXPECT_FALSE(slow.registry.evict_below(0, producer.floor()));
  EXPECT_TRUE(slow.registry.evict_below(wanted, producer.floor()));
  EXPECT_EQ(slow.state(), LineState::kEvicted);
  EXPECT_EQ(fast.state(), LineState::kActive);
  EXPECT_FALSE(slow.registry.evict_below(wanted, producer.floor()));
  EXPECT_TRUE(publish_some(producer, 1000));
  slow.leave();
  EXPECT_EQ(slow.state(), LineState::kFree);
}

TEST(Eviction, spares_who_stands_at_the_wanted_cursor_or_below_the_floor) {
  PlainRing ring;
  Attached a(ring);
  a.own().cursor.store(640);
  EXPECT_FALSE(a.registry.evict_below(640, 0));
  EXPECT_FALSE(a.registry.evict_below(6400, 641));
  a.own().cursor.store(kNowhere);
  EXPECT_FALSE(a.registry.evict_below(6400, 0));
  a.own().cursor.store(640);
  EXPECT_TRUE(a.registry.evict_below(641, 640));
}

TEST(Eviction, of_a_group_by_its_head_or_by_what_a_member_holds) {
  for (const bool by_head : {true, false}) {
    PlainRing ring;
    auto producer = first_producer(ring);
    Attached a(ring, "group");
    Attached b(ring, "group");
    Attached spared(ring, "another");
    ASSERT_TRUE(publish_some(producer, 10));
    EXPECT_EQ(drain(spared.reader), 10U);
    if (!by_head) {
      ASSERT_EQ(a.reader.examine(), Status::kOk);
      EXPECT_EQ(drain(b.reader), 9U);
    }
    EXPECT_TRUE(a.registry.evict_below(640, 0));
    EXPECT_EQ(a.state(), LineState::kEvicted);
    EXPECT_EQ(b.state(), LineState::kEvicted);
    EXPECT_EQ(spared.state(), LineState::kActive);
    EXPECT_FALSE(a.registry.exists(a.group));
    EXPECT_FALSE(a.registry.find("group"));
    EXPECT_EQ(producer.slowest_group(), 640U);
    a.leave();
    EXPECT_EQ(GroupWord::of(ring.area().groups[0].state.load()).state, LineState::kEvicted);
    b.leave();
    EXPECT_EQ(GroupWord::of(ring.area().groups[0].state.load()).state, LineState::kFree);
  }
}

TEST(Eviction, by_line_is_of_whoever_has_it) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached alone(ring);
  Attached a(ring, "group");
  Attached b(ring, "group");
  EXPECT_FALSE(alone.registry.evict(b.line + 1));
  EXPECT_TRUE(alone.registry.evict(alone.line));
  EXPECT_EQ(alone.state(), LineState::kEvicted);
  EXPECT_FALSE(alone.registry.evict(alone.line));
  EXPECT_EQ(a.state(), LineState::kActive);
  EXPECT_TRUE(a.registry.evict(b.line));
  EXPECT_EQ(a.state(), LineState::kEvicted);
  EXPECT_EQ(b.state(), LineState::kEvicted);
  EXPECT_EQ(producer.slowest_group(), kNowhere);
}

TEST(Eviction, by_line_spares_who_took_the_line_meanwhile) {
  PlainRing<HookedMemory> ring;
  Registry<HookedMemory> registry(ring.area());
  auto& line = ring.area().lines[0];
  ring.area().lines_used.store(1);
  line.state.store(LineWord{1, LineState::kActive}.word());
  bool evicted = true;
  intrude_at(
      Access::kLoad, &line.group, [&] { evicted = registry.evict(0); },
      [&] {
        line.state.store(LineWord{2, LineState::kActive}.word());
      });
  EXPECT_FALSE(evicted);
  EXPECT_EQ(LineWord::of(line.state.load()).state, LineState::kActive);
}

TEST(Eviction, by_line_ends_who_names_a_group_that_is_none) {
  for (const std::uint32_t number : {7U, static_cast<std::uint32_t>(kMaxGroups) + 1}) {
    PlainRing ring;
    Attached liar(ring);
    liar.own().group.store(GroupReference{1, number}.word());
    EXPECT_TRUE(liar.registry.evict(liar.line));
    EXPECT_EQ(liar.state(), LineState::kEvicted);
  }
}

TEST(Eviction, of_a_durable_group_ends_it) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached a(ring, "group", Start::latest(), true);
  ASSERT_TRUE(publish_some(producer, 10));
  a.leave();
  EXPECT_TRUE(a.registry.evict_below(640, 0));
  EXPECT_EQ(producer.slowest_group(), kNowhere);
  EXPECT_FALSE(a.registry.find("group"));
  a.registry.bury(a.leases, true);
  EXPECT_EQ(GroupWord::of(ring.area().groups[0].state.load()).state, LineState::kFree);
}

TEST(Eviction, spares_a_group_that_was_founded_anew_meanwhile) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    Attached undertaker(ring, "another");
    Attached old(ring, "group");
    ASSERT_TRUE(publish_some(producer, 10));
    EXPECT_EQ(drain(undertaker.reader), 10U);
    std::optional<Attached<HookedMemory>> anew;
    const auto evict = [&] { (void)undertaker.registry.evict_below(640, 0); };
    {
      const Image before = ring.image();
      accesses = accesses_of(evict);
      ring.restore(before);
    }
    intrude(n, evict, [&] {
      old.leave();
      anew.emplace(ring, "group");
    });
    EXPECT_EQ(anew->state(), LineState::kActive) << n;
    EXPECT_TRUE(anew->registry.exists(anew->group)) << n;
  }
  EXPECT_GT(accesses, 10);
}

TEST(Eviction, of_a_group_that_somebody_joins_meanwhile_is_tried_again) {
  int accesses = 1;
  int failures = 0;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    Attached member(ring, "group");
    ASSERT_TRUE(publish_some(producer, 10));
    std::optional<Attached<HookedMemory>> joiner;
    const auto evict = [&] { return member.registry.evict_below(640, 0); };
    {
      const Image before = ring.image();
      accesses = accesses_of(evict);
      ring.restore(before);
    }
    bool evicted = false;
    intrude(
        n, [&] { evicted = evict(); }, [&] { joiner.emplace(ring, "group"); });
    EXPECT_EQ(evicted, !member.registry.exists(member.group)) << n;
    failures += evicted ? 0 : 1;
    (void)evict();
    EXPECT_FALSE(member.registry.exists(member.group)) << n;
  }
  EXPECT_GT(failures, 0);
}

TEST(Eviction, by_two_at_once_is_done_by_one) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    Attached member(ring, "group");
    ASSERT_TRUE(publish_some(producer, 10));
    const auto evict = [&] { return member.registry.evict_below(640, 0); };
    {
      const Image before = ring.image();
      accesses = accesses_of(evict);
      ring.restore(before);
    }
    bool one = false;
    bool other = false;
    intrude(
        n, [&] { one = evict(); }, [&] { other = evict(); });
    EXPECT_NE(one, other) << n;
    EXPECT_EQ(member.state(), LineState::kEvicted) << n;
  }
  EXPECT_GT(accesses, 5);
}

TEST(Eviction, reaches_a_line_whatever_group_it_names) {
  for (const std::uint64_t lie : {GroupReference{1, 65}.word(), GroupReference{1, 0xffffffff}.word(),
                                  GroupReference{9, 1}.word(), GroupReference{0, 7}.word(), ~std::uint64_t{0}}) {
    PlainRing ring;
    auto producer = first_producer(ring);
    Attached group(ring, "group");
    Attached liar(ring);
    ASSERT_TRUE(publish_some(producer, 10));
    EXPECT_EQ(drain(group.reader), 10U);
    liar.own().group.store(lie);
    EXPECT_EQ(producer.slowest_group(), 0U);
    EXPECT_TRUE(liar.registry.evict_below(640, 0)) << lie;
    EXPECT_EQ(producer.slowest_group(), 640U) << lie;
    EXPECT_EQ(group.state(), LineState::kActive);
  }
}

TEST(Eviction, reaches_a_member_of_a_group_that_is_evicted_already) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  ASSERT_TRUE(publish_some(producer, 10));
  ASSERT_EQ(member.reader.examine(), Status::kOk);
  auto& group = ring.area().groups[0].state;  // who evicted it died before he came to its members
  auto word = GroupWord::of(group.load());
  word.state = LineState::kEvicted;
  group.store(word.word());
  EXPECT_EQ(producer.slowest_group(), 0U);
  EXPECT_TRUE(member.registry.evict_below(640, 0));
  EXPECT_EQ(producer.slowest_group(), kNowhere);
}

}  // namespace
}  // namespace ringmain::testing
