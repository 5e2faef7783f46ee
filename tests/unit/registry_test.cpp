// Lines, births and groups: who takes part.
// SPDX-License-Identifier: MIT
#include "ringmain/algorithm/registry.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/attached.hpp"
#include "support/crash.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

using Refusal = Registry<>::Refusal;

// A ring's consumers, and processes that hold leases.
struct Place {
  PlainRing<> ring;
  Registry<> registry{ring.area()};
  FakeLeases process() { return FakeLeases(ring.leases()); }
};

TEST(Line, the_lowest_free_one_is_taken_and_blank) {
  Place place;
  auto leases = place.process();
  auto& line = place.ring.area().lines[0];
  line.cursor.store(1);
  for (auto* word : {&line.group, &line.lost, &line.redelivered}) word->store(7);
  for (auto* word : {&line.pid, &line.sleeping}) word->store(7);
  const auto taken = place.registry.take_line(leases, 42);
  EXPECT_EQ(taken.refusal, Refusal::kNone);
  EXPECT_EQ(taken.line, 0U);
  EXPECT_EQ(taken.generation, 1U);
  EXPECT_EQ(line.cursor.load(), kNowhere);
  EXPECT_EQ(line.group.load() | line.lost.load() | line.redelivered.load() | line.sleeping.load(), 0U);
  EXPECT_EQ(line.pid.load(), 42U);
  EXPECT_EQ(place.registry.state_of(0, 1), LineState::kJoining);
  EXPECT_EQ(place.ring.area().lines_used.load(), 1U);
  EXPECT_TRUE(leases.alive(0));
  place.registry.activate(0, 1);
  EXPECT_EQ(place.registry.state_of(0, 1), LineState::kActive);
}

// Who buries the dead looks at the lines that were used, and no further.
TEST(Line, whose_taker_dies_at_any_moment_is_found_by_who_buries) {
  PlainRing<HookedMemory> ring;
  FakeLeases leases(ring.leases());
  for (const Image& crash : crashes_of(ring, [&] { (void)Registry<HookedMemory>(ring.area()).take_line(leases, 1); })) {
    PlainRing after;
    after.restore(crash);
    FakeLeases others(after.leases());
    Registry<> registry(after.area());
    const bool taken = registry.occupied(0);
    EXPECT_EQ(registry.bury(others, /*dissolving=*/false), taken);
    EXPECT_FALSE(registry.occupied(0));
  }
}

TEST(Line, a_gap_is_filled_with_the_next_generation) {
  PlainRing ring;
  Attached a(ring);
  Attached b(ring);
  Attached c(ring);
  EXPECT_EQ(c.line, 2U);
  b.leave();
  EXPECT_EQ(b.state(), LineState::kFree);
  Attached d(ring);
  EXPECT_EQ(d.line, 1U);
  EXPECT_EQ(d.generation, 2U);
  EXPECT_EQ(b.state(), LineState::kEvicted);  // of the first generation nothing is left
  EXPECT_EQ(ring.area().lines_used.load(), 3U);
}

TEST(Line, there_are_256) {
  Place place;
  for (std::size_t i = 0; i < kMaxConsumers; ++i) {
    auto leases = place.process();
    ASSERT_EQ(place.registry.take_line(leases, 1).line, i);
  }
  auto leases = place.process();
  EXPECT_EQ(place.registry.take_line(leases, 1).refusal, Refusal::kFull);
  EXPECT_EQ(place.registry.lines_used(), kMaxConsumers);
}

TEST(Line, every_taking_counts_as_an_attachment) {
  PlainRing ring;
  Registry<> registry(ring.area());
  EXPECT_EQ(registry.attachments(), 0U);
  Attached first(ring);
  {
    Attached second(ring);
    EXPECT_EQ(registry.attachments(), 2U);
    second.leave();
  }
  EXPECT_EQ(registry.attachments(), 2U);
  Attached third(ring);
  EXPECT_EQ(third.line, 1U);
  EXPECT_EQ(registry.attachments(), 3U);
}

TEST(Line, whose_lease_is_not_to_be_had_is_passed_over) {
  Place place;
  place.ring.leases()[0] = Lease::kSquatted;
  place.ring.leases()[1] = Lease::kHeld;  // by one who is about to take the line
  auto leases = place.process();
  EXPECT_EQ(place.registry.take_line(leases, 1).line, 2U);
  auto late = place.process();
  place.ring.leases().fill(Lease::kHeld);
  EXPECT_EQ(place.registry.take_line(late, 1).refusal, Refusal::kFull);
  place.ring.leases()[100] = Lease::kSquatted;
  EXPECT_EQ(place.registry.take_line(late, 1).refusal, Refusal::kSquatted);
}

TEST(Line, of_an_evicted_process_is_not_reused_while_it_lives) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached evicted(ring);
  EXPECT_TRUE(evicted.registry.evict_below(64, 0));
  EXPECT_EQ(evicted.state(), LineState::kEvicted);
  Attached next(ring);
  EXPECT_EQ(next.line, 1U);
  EXPECT_FALSE(next.registry.bury(next.leases, true));
  evicted.die();
  EXPECT_TRUE(next.registry.bury(next.leases, true));
  Attached again(ring);
  EXPECT_EQ(again.line, 0U);
  EXPECT_EQ(producer.slowest_group(), 0U);
}

TEST(Line, taken_by_another_while_it_was_looked_at_is_passed_over) {
  PlainRing<HookedMemory> ring;
  Registry<HookedMemory> registry(ring.area());
  FakeLeases leases(ring.leases());
  Registry<HookedMemory>::Taken taken;
  intrude_at(
      Access::kExchange, &ring.area().lines[0].state, [&] { taken = registry.take_line(leases, 1); },
      [&] {
        ring.area().lines[0].state.store(LineWord{9, LineState::kActive}.word());
      });
  EXPECT_EQ(taken.line, 1U);
  EXPECT_EQ(ring.leases()[0], Lease::kFree);  // given back
  EXPECT_EQ(ring.leases()[1], Lease::kHeld);
}

TEST(Line, counts_of_lines_and_groups_are_bounded) {
  Place place;
  place.ring.area().lines_used.store(0xffffffff);
  place.ring.area().groups_used.store(0xffffffff);
  EXPECT_EQ(place.registry.lines_used(), kMaxConsumers);
  EXPECT_EQ(place.registry.groups_used(), kMaxGroups);
  auto leases = place.process();
  EXPECT_EQ(place.registry.take_line(leases, 1).line, 0U);
  EXPECT_TRUE(place.registry.found(0, "group", false));
}

TEST(Line, who_left_or_lost_it_leaves_its_next_holder_alone) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 10));
  Attached loser(ring);
  loser.die();  // a stray close took its lease, though it runs
  Attached undertaker(ring);
  undertaker.registry.bury(undertaker.leases, true);
  Attached heir(ring, "group", Start::at(128));
  ASSERT_EQ(heir.line, loser.line);
  ASSERT_EQ(heir.reader.examine(), Status::kOk);
  loser.registry.leave(loser.line, loser.generation, loser.leases);
  EXPECT_EQ(heir.own().cursor.load(), 128U);
  EXPECT_EQ(heir.state(), LineState::kActive);
  EXPECT_TRUE(heir.registry.find("group"));
}

// --- births

// A consumer that is about to create or join a group.
class Joiner : public Attached<> {
 public:
  explicit Joiner(PlainRing<>& ring) : Attached<>(ring) {
    own().state.store(LineWord{generation, LineState::kJoining}.word());
  }
  bool try_births() { return registry.try_births(line, generation, leases); }
  void end_births() { registry.end_births(line, generation); }
};

TEST(Births, are_one_at_a_time) {
  PlainRing ring;
  Joiner a(ring);
  Joiner b(ring);
  EXPECT_TRUE(a.try_births());
  EXPECT_FALSE(b.try_births());
  b.end_births();  // not its own
  EXPECT_FALSE(b.try_births());
  a.end_births();
  EXPECT_EQ(ring.area().births.load(), 0U);
  EXPECT_TRUE(b.try_births());
}

TEST(Births, are_taken_from_the_dead_and_not_from_the_living) {
  PlainRing ring;
  Joiner a(ring);
  Joiner b(ring);
  ASSERT_TRUE(a.try_births());
  EXPECT_FALSE(b.try_births());
  a.die();
  EXPECT_TRUE(b.try_births());
  a.end_births();  // too late: no longer its own
  EXPECT_NE(ring.area().births.load(), 0U);
}

TEST(Births, are_taken_from_a_holder_whose_line_has_another_by_now) {
  PlainRing ring;
  Joiner a(ring);
  Joiner b(ring);
  ASSERT_TRUE(a.try_births());
  a.die();
  b.registry.bury(b.leases, true);
  Joiner c(ring);
  ASSERT_EQ(c.line, a.line);
  EXPECT_TRUE(b.try_births());
}

// A peer wrote it there.
TEST(Births, are_taken_from_who_does_not_join) {
  PlainRing ring;
  Attached bystander(ring);
  Joiner joiner(ring);
  for (const LineState state : {LineState::kFree, LineState::kActive, LineState::kEvicted}) {
    bystander.own().state.store(LineWord{bystander.generation, state}.word());
    ring.area().births.store(
        GroupReference{bystander.generation, static_cast<std::uint32_t>(bystander.line + 1)}.word());
    EXPECT_TRUE(joiner.try_births());
    EXPECT_TRUE(joiner.try_births());  // its own already
    joiner.end_births();
  }
}

TEST(Births, held_by_nonsense_are_free) {
  PlainRing ring;
  Attached a(ring);
  for (const std::uint64_t lie :
       {1ULL << 32, 257ULL, (1ULL << 32) | 300, 0xffff'ffff'ffff'ffffULL, (7ULL << 32) | 1, 5ULL}) {
    ring.area().births.store(lie);
    EXPECT_TRUE(a.registry.try_births(a.line, a.generation, a.leases)) << lie;
    a.registry.end_births(a.line, a.generation);
  }
}

// --- groups

TEST(Line, of_two_who_take_one_at_once_both_are_counted) {
  PlainRing<HookedMemory> ring;
  FakeLeases a(ring.leases());
  FakeLeases b(ring.leases());
  Registry<HookedMemory> registry(ring.area());
  intrude_at(
      Access::kExchange, &ring.area().lines_used, [&] { EXPECT_EQ(registry.take_line(a, 1).line, 0U); },
      [&] { EXPECT_EQ(registry.take_line(b, 2).line, 1U); });
  EXPECT_EQ(ring.area().lines_used.load(), 2U);
}

TEST(Line, is_left_whatever_group_a_peer_has_it_name) {
  PlainRing ring;
  Attached bystander(ring, "group");
  for (const GroupReference lie : {GroupReference{1, 65}, GroupReference{7, 1}, GroupReference{~0U, ~0U}}) {
    Attached consumer(ring);
    consumer.own().group.store(lie.word());
    consumer.leave();
    EXPECT_EQ(consumer.state(), LineState::kFree);
  }
  EXPECT_TRUE(bystander.registry.exists(bystander.group));
}

TEST(Groups, are_found_by_their_whole_name) {
  PlainRing ring;
  const std::string longest(kMaxNameBytes, 'x');
  Attached a(ring, "work");
  Attached b(ring, "works");
  Attached c(ring, longest);
  EXPECT_EQ(a.registry.find("work"), a.group);
  EXPECT_EQ(a.registry.find("works"), b.group);
  EXPECT_EQ(a.registry.find(longest), c.group);
  for (const auto* name : {"wor", "workss", "Work", "w"}) EXPECT_FALSE(a.registry.find(name)) << name;
  EXPECT_FALSE(a.registry.find(longest.substr(1)));
  EXPECT_EQ(a.group, (GroupReference{1, 1}));
  EXPECT_EQ(b.group, (GroupReference{1, 2}));
  EXPECT_TRUE(a.registry.exists(a.group));
  EXPECT_FALSE(a.registry.exists(GroupReference{2, 1}));
}

TEST(Groups, there_are_64) {
  PlainRing ring;
  Attached founder(ring);
  for (std::size_t i = 0; i < kMaxGroups; ++i) {
    ASSERT_EQ(founder.registry.found(founder.line, std::to_string(i), false),
              (GroupReference{1, static_cast<std::uint32_t>(i + 1)}));
  }
  EXPECT_FALSE(founder.registry.found(founder.line, "one more", false));
  EXPECT_EQ(founder.own().group.load(), 0U);
}

TEST(Groups, the_last_to_leave_dissolves) {
  PlainRing ring;
  Attached a(ring, "group");
  Attached b(ring, "group");
  EXPECT_EQ(GroupWord::of(ring.area().groups[0].state.load()).joins, 2U);
  a.leave();
  EXPECT_TRUE(b.registry.exists(b.group));
  b.leave();
  EXPECT_FALSE(b.registry.exists(b.group));
  EXPECT_FALSE(b.registry.find("group"));
  Attached c(ring, "another");
  EXPECT_EQ(c.group, (GroupReference{2, 1}));
  EXPECT_FALSE(c.registry.join(c.line, a.group, false));  // the group of that generation is gone
}

TEST(Groups, a_durable_one_stays_and_gates) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached a(ring, "group", Start::latest(), true);
  ASSERT_TRUE(publish_some(producer, 10));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(receive(a.reader));
  a.leave();
  EXPECT_TRUE(a.registry.exists(a.group));
  EXPECT_EQ(producer.slowest_group(), 192U);
  EXPECT_FALSE(a.registry.bury(a.leases, true));
  Attached b(ring, "group");
  EXPECT_EQ(b.group, a.group);
  EXPECT_EQ(drain(b.reader), 7U);
  b.die();
  EXPECT_FALSE(b.registry.dissolve(b.group, [](std::size_t) { return false; }));
  EXPECT_TRUE(b.registry.dissolve(
      b.group, [](std::size_t) { return false; }, true));
  EXPECT_EQ(producer.slowest_group(), kNowhere);
}

TEST(Groups, count_everybody_who_joins_at_once) {
  PlainRing<HookedMemory> ring;
  Attached founder(ring, "group");
  Attached a(ring);
  Attached b(ring);
  const auto joins = [&] { return GroupWord::of(ring.area().groups[0].state.load()).joins; };
  const auto before = joins();
  intrude_at(
      Access::kExchange, &ring.area().groups[0].state,
      [&] { EXPECT_TRUE(a.registry.join(a.line, founder.group, false)); },
      [&] { EXPECT_TRUE(b.registry.join(b.line, founder.group, false)); });
  EXPECT_EQ(joins(), before + 2);
}

// The births word keeps them apart, unless a peer writes it.
TEST(Groups, that_are_founded_at_once_are_two) {
  PlainRing<HookedMemory> ring;
  Attached a(ring);
  Attached b(ring);
  std::optional<GroupReference> one;
  std::optional<GroupReference> other;
  intrude_at(
      Access::kExchange, &ring.area().groups[0].state, [&] { one = a.registry.found(a.line, "one", false); },
      [&] { other = b.registry.found(b.line, "other", false); });
  ASSERT_TRUE(one && other);
  EXPECT_EQ(other->number, 1U);
  EXPECT_EQ(one->number, 2U);
  EXPECT_EQ(a.own().group.load(), one->word());
}

TEST(Groups, become_durable_by_a_member_that_wants_it) {
  PlainRing ring;
  Attached a(ring, "group");
  EXPECT_EQ(ring.area().groups[0].durable.load(), 0U);
  Attached b(ring, "group", Start::latest(), true);
  EXPECT_EQ(ring.area().groups[0].durable.load(), 1U);
  Attached c(ring, "group", Start::latest(), false);
  EXPECT_EQ(ring.area().groups[0].durable.load(), 1U);
}

TEST(Groups, attached_are_counted_by_who_lives_and_has_joined) {
  PlainRing ring;
  FakeLeases leases(ring.leases());
  Registry<> registry(ring.area());
  const auto attached = [&] { return registry.groups_attached(leases); };
  EXPECT_EQ(attached(), 0U);
  Attached a(ring);
  Attached b(ring, "group");
  Attached c(ring, "group");
  Attached d(ring, "another");
  EXPECT_EQ(attached(), 3U);
  const auto joining = registry.take_line(leases, 1);
  EXPECT_EQ(attached(), 3U);
  registry.activate(joining.line, joining.generation);
  EXPECT_EQ(attached(), 4U);
  b.die();
  EXPECT_EQ(attached(), 4U);
  c.leave();
  EXPECT_EQ(attached(), 3U);
  a.die();
  EXPECT_EQ(attached(), 2U);
}

}  // namespace
}  // namespace ringmain::testing
