// The end of consumers and groups: burials, dissolutions; and registries full of nonsense.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

constexpr auto kNobody = [](std::size_t) { return false; };

TEST(Burial, frees_the_lines_of_the_dead_alone) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached dead(ring);
  Attached living(ring);
  ASSERT_TRUE(publish_some(producer, 10));
  EXPECT_EQ(drain(living.reader), 10U);
  EXPECT_FALSE(living.registry.bury(living.leases, true));
  EXPECT_EQ(producer.slowest_group(), 0U);
  dead.die();
  EXPECT_TRUE(living.registry.bury(living.leases, false));
  EXPECT_EQ(dead.state(), LineState::kFree);
  EXPECT_EQ(living.state(), LineState::kActive);
  EXPECT_EQ(producer.slowest_group(), 640U);
  EXPECT_FALSE(living.registry.bury(living.leases, false));
}

TEST(Burial, of_one_that_died_joining) {
  PlainRing ring;
  Attached living(ring);
  FakeLeases leases(ring.leases());
  const auto taken = living.registry.take_line(leases, 1);
  EXPECT_FALSE(living.registry.bury(living.leases, false));
  leases.drop();
  EXPECT_TRUE(living.registry.bury(living.leases, false));
  EXPECT_EQ(living.registry.state_of(taken.line, taken.generation), LineState::kFree);
}

TEST(Burial, leaves_members_of_a_living_group_to_its_members) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached outsider(ring);
  Attached dead(ring, "group");
  Attached living(ring, "group");
  ASSERT_TRUE(publish_some(producer, 2));
  ASSERT_EQ(dead.reader.examine(), Status::kOk);
  dead.die();
  EXPECT_FALSE(outsider.registry.bury(outsider.leases, true));
  EXPECT_EQ(dead.state(), LineState::kActive);
  living.die();
  EXPECT_FALSE(outsider.registry.bury(outsider.leases, false));
  EXPECT_TRUE(outsider.registry.bury(outsider.leases, true));  // nobody is left to inherit
  EXPECT_EQ(dead.state(), LineState::kFree);
  EXPECT_EQ(living.state(), LineState::kFree);
  EXPECT_FALSE(outsider.registry.exists(dead.group));
}

TEST(Burial, visits_the_dead_of_one_group_but_oneself) {
  PlainRing ring;
  Attached a(ring, "group");
  Attached b(ring, "group");
  Attached c(ring, "group");
  Attached d(ring, "another");
  Attached e(ring);
  Attached self(ring, "group");
  for (auto* one : {&a, &c, &d, &e, &self}) one->die();
  std::vector<const void*> visited;
  const auto visit_until = [&](std::size_t count) {
    visited.clear();
    return self.registry.for_each_dead_member(self.group, self.line, self.leases, [&](auto& line, std::uint64_t word) {
      EXPECT_EQ(line.state.load(), word);
      visited.push_back(&line);
      return visited.size() == count;
    });
  };
  EXPECT_FALSE(visit_until(99));
  EXPECT_EQ(visited, (std::vector<const void*>{&a.own(), &c.own()}));
  EXPECT_TRUE(visit_until(1));
  EXPECT_EQ(visited.size(), 1U);
}

TEST(Dissolving, needs_everybody_dead) {
  PlainRing ring;
  Attached a(ring, "group");
  Attached b(ring, "group");
  EXPECT_FALSE(a.registry.dissolve(a.group, [&](std::size_t line) { return line == b.line; }));
  EXPECT_FALSE(a.registry.dissolve(a.group, [&](std::size_t line) { return line == a.line; }));
  EXPECT_TRUE(a.registry.dissolve(a.group, kNobody));
  EXPECT_EQ(a.state(), LineState::kFree);
  EXPECT_EQ(b.state(), LineState::kFree);
  EXPECT_FALSE(a.registry.dissolve(a.group, kNobody));  // that generation is over
}

TEST(Dissolving, fails_if_somebody_joined_meanwhile) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    const auto dissolve = [](Attached<HookedMemory>& dead) {
      return dead.registry.dissolve(dead.group, [&](std::size_t line) { return line != dead.line; });
    };
    PlainRing<HookedMemory> counting;
    Attached<HookedMemory> counted(counting, "group", Start::latest());
    accesses = accesses_of([&] { EXPECT_TRUE(dissolve(counted)); });

    PlainRing<HookedMemory> ring;
    Attached<HookedMemory> dead(ring, "group", Start::latest());
    std::optional<Attached<HookedMemory>> joiner;
    bool dissolved = false;
    intrude(
        n, [&] { dissolved = dissolve(dead); }, [&] { joiner.emplace(ring, "group"); });
    EXPECT_EQ(joiner->state(), LineState::kActive) << n;
    EXPECT_TRUE(joiner->registry.exists(joiner->group)) << n;
    EXPECT_EQ(dissolved, !(joiner->group == dead.group)) << n;
  }
  EXPECT_GT(accesses, 5);
}

TEST(Dissolving, before_any_step_of_one_who_joins_leaves_him_a_group_and_his_line) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    (void)first_producer(ring);
    Attached<HookedMemory> dead(ring, "group");
    dead.die();
    Attached<HookedMemory> undertaker(ring);
    std::optional<Attached<HookedMemory>> joiner;
    const auto join = [&] { joiner.emplace(ring, "group"); };
    {
      PlainRing<HookedMemory> other;
      Attached<HookedMemory> founder(other, "group");
      accesses = accesses_of([&] { Attached<HookedMemory> counted(other, "group"); });
    }
    bool dissolved = false;
    intrude(n, join, [&] {
      dissolved =
          undertaker.registry.dissolve(dead.group, [&](std::size_t line) { return undertaker.leases.alive(line); });
    });
    EXPECT_EQ(joiner->state(), LineState::kActive) << n;
    EXPECT_TRUE(joiner->registry.exists(joiner->group)) << n;
    EXPECT_EQ(dissolved, !(joiner->group == dead.group)) << n;
  }
  EXPECT_GT(accesses, 10);
}

TEST(Dissolving, spares_one_who_was_about_to_join) {
  PlainRing<HookedMemory> ring;
  (void)first_producer(ring);
  Attached<HookedMemory> dead(ring, "group");
  dead.die();
  Attached<HookedMemory> joiner(ring);
  bool dissolved = false;
  // He named the group in his line after its members were looked at, and before he is counted.
  intrude_at(
      Access::kExchange, &ring.area().groups[0].state,
      [&] { dissolved = dead.registry.dissolve(dead.group, [&](std::size_t line) { return line == joiner.line; }); },
      [&] { joiner.own().group.store(dead.group.word()); });
  EXPECT_TRUE(dissolved);
  EXPECT_EQ(dead.state(), LineState::kFree);
  EXPECT_EQ(joiner.state(), LineState::kActive);
  EXPECT_FALSE(joiner.registry.join(joiner.line, dead.group, false));
  EXPECT_EQ(joiner.own().group.load(), 0U);
}

TEST(Group, that_is_durable_is_known_until_it_ends) {
  PlainRing ring;
  Attached passing(ring, "passing");
  EXPECT_FALSE(passing.registry.any_durable());
  Attached staying(ring, "staying", Start::latest(), true);
  EXPECT_TRUE(passing.registry.any_durable());
  staying.leave();
  EXPECT_TRUE(passing.registry.any_durable());
  EXPECT_TRUE(passing.registry.dissolve(
      staying.group, [](std::size_t) { return false; }, true));
  EXPECT_FALSE(passing.registry.any_durable());
}

// --- nonsense

TEST(Nonsense, in_every_word_of_the_consumers_does_no_harm) {
  PlainRing ring;
  auto producer = first_producer(ring);
  std::uint64_t state = 11;
  for (int round = 0; round < 300; ++round) {
    auto* bytes = reinterpret_cast<std::atomic<std::uint64_t>*>(&ring.area());
    for (std::size_t i = 0; i < algorithm::kConsumersBytes / 8; ++i) {
      const std::uint64_t word = mix(state);
      const std::uint64_t lies[] = {0,
                                    kNowhere,
                                    word,
                                    word & 0xff'0000'00ff,
                                    (word & 3) << 32 | (word >> 2 & 127),
                                    producer.position() - (word & 0xffff),
                                    word & 3};
      bytes[i].store(lies[(word >> 50) % std::size(lies)]);
    }
    LeaseTable table;
    for (Lease& lease : table) lease = static_cast<Lease>(mix(state) % 3);
    FakeLeases leases(table);
    Registry<> registry(ring.area());
    (void)registry.groups_attached(leases);
    (void)registry.find("group");
    (void)registry.evict_below(producer.position(), producer.floor());
    (void)registry.bury(leases, true);
    (void)publish(producer, pattern(0, mix(state) % 3000));
    const auto taken = registry.take_line(leases, 1);
    if (taken.refusal != Registry<>::Refusal::kNone) continue;
    if (registry.try_births(taken.line, taken.generation, leases)) {
      const auto group = registry.found(taken.line, "group", false);
      if (group) {
        const auto* line = registry.line_of(*group);
        ASSERT_NE(line, nullptr);
        (void)registry.join(taken.line, *group, true);
      }
      registry.end_births(taken.line, taken.generation);
    }
    registry.leave(taken.line, taken.generation, leases);
    EXPECT_LE(producer.limit(), producer.position() + ring.capacity());
  }
  EXPECT_EQ(Registry<>(ring.area()).line_of(GroupReference{1, 0}), nullptr);
  EXPECT_EQ(Registry<>(ring.area()).line_of(GroupReference{1, 65}), nullptr);
  EXPECT_EQ(Registry<>(ring.area()).line_of(GroupReference{1, 64}), &ring.area().groups[63]);
}

}  // namespace
}  // namespace ringmain::testing
