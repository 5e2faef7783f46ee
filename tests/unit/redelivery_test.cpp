// A member that dies with a message: another one inherits it. At least once, and never from a lie.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/crash.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

template <class Memory>
bool reap(Attached<Memory>& reaper, Attached<Memory>& dead) {
  return reaper.reader.reap(dead.own(), dead.own().state.load());
}

template <class Memory>
LineState state_of(const Attached<Memory>& member) {
  return LineWord::of(member.own().state.load()).state;
}

// Ten messages, and a group of three.
template <class Memory = algorithm::NativeMemory>
struct Three {
  PlainRing<Memory> ring;
  Producer<Memory> producer = first_producer(ring);
  Attached<Memory> dead{ring, "group"};
  Attached<Memory> heir{ring, "group"};
  Attached<Memory> other{ring, "group"};

  Three() {
    if (!publish_some(producer, 10)) throw std::logic_error("setup");
  }
};

TEST(Reap, inherits_what_the_dead_held_once) {
  Three t;
  ASSERT_TRUE(receive(t.dead.reader));
  ASSERT_EQ(t.dead.reader.examine(), Status::kOk);
  t.dead.die();
  ASSERT_TRUE(receive(t.other.reader));
  EXPECT_TRUE(reap(t.heir, t.dead));
  EXPECT_EQ(t.heir.reader.position(), 64U);
  EXPECT_TRUE(t.heir.reader.redelivered());
  EXPECT_TRUE(borrowed(t.heir.reader).matches(64));
  EXPECT_EQ(t.heir.own().cursor.load(), 64U);
  EXPECT_EQ(state_of(t.dead), LineState::kFree);
  EXPECT_EQ(t.heir.reader.examine(), Status::kOk);
  EXPECT_EQ(t.heir.reader.position(), 64U);  // the same, until it is given back

  (void)t.heir.reader.release();
  EXPECT_EQ(t.heir.own().cursor.load(), kNowhere);
  const auto next = receive(t.heir.reader);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->position, 192U);
  EXPECT_FALSE(next->redelivered);
}

TEST(Reap, of_a_member_that_held_nothing_frees_its_line) {
  Three t;
  ASSERT_TRUE(receive(t.dead.reader));
  t.dead.die();
  EXPECT_FALSE(reap(t.heir, t.dead));
  EXPECT_EQ(state_of(t.dead), LineState::kFree);
  EXPECT_FALSE(t.heir.reader.holds());
  EXPECT_EQ(t.heir.own().cursor.load(), kNowhere);
}

TEST(Reap, takes_no_intent_that_was_not_carried_out) {
  Three t;
  t.dead.own().cursor.store(0);  // told, but the head was not moved
  t.dead.die();
  EXPECT_FALSE(reap(t.heir, t.dead));
  EXPECT_EQ(state_of(t.dead), LineState::kFree);
  EXPECT_EQ(t.heir.own().cursor.load(), kNowhere);
  const auto message = receive(t.heir.reader);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->position, 0U);
  EXPECT_FALSE(message->redelivered);
  EXPECT_EQ(drain(t.other.reader), 9U);
}

TEST(Reap, takes_no_lie_for_an_intent) {
  Three t;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(receive(t.other.reader));
  std::uint64_t word = t.dead.own().state.load();
  t.dead.die();
  for (const Position lie :
       {Position{1}, Position{32}, Position{63}, Position{65}, Position{320}, Position{384}, kNowhere, kNowhere - 1,
        Position{1} << 40, Position{0} - t.ring.capacity(), t.ring.capacity()}) {
    t.dead.own().state.store(word);
    t.dead.own().cursor.store(lie);
    EXPECT_FALSE(reap(t.heir, t.dead)) << lie;
    EXPECT_FALSE(t.heir.reader.holds());
    EXPECT_EQ(t.heir.own().cursor.load(), kNowhere);
    EXPECT_EQ(state_of(t.dead), LineState::kFree) << lie;
  }
  t.ring.set_tag(64, 64);
  t.dead.own().state.store(word);
  t.dead.own().cursor.store(64);
  EXPECT_FALSE(reap(t.heir, t.dead));
}

TEST(Reap, takes_no_intent_below_the_floor) {
  Three t;
  ASSERT_EQ(t.dead.reader.examine(), Status::kOk);
  ASSERT_TRUE(receive(t.other.reader));
  t.dead.die();
  const std::uint64_t word = t.dead.own().state.load();
  t.ring.lines().limit.store(t.ring.capacity() + 1);  // a peer made the producer pass over it
  t.ring.lines().proposal.store(t.ring.capacity() + 1);
  EXPECT_FALSE(reap(t.heir, t.dead));
  t.dead.own().state.store(word);
  t.ring.lines().limit.store(t.ring.capacity());
  t.ring.lines().proposal.store(t.ring.capacity());
  EXPECT_TRUE(reap(t.heir, t.dead));
}

TEST(Reap, leaves_the_dead_in_peace_while_a_proposal_above_it_is_open) {
  Three t;
  ASSERT_EQ(t.dead.reader.examine(), Status::kOk);
  t.dead.die();
  t.ring.lines().proposal.store(t.ring.capacity() + 64);  // the producer is between its scans, or died there
  EXPECT_FALSE(reap(t.heir, t.dead));
  EXPECT_FALSE(t.heir.reader.holds());
  EXPECT_NE(state_of(t.dead), LineState::kFree);  // its line is what keeps the message
  t.ring.lines().proposal.store(t.ring.lines().limit.load());
  EXPECT_TRUE(reap(t.heir, t.dead));
}

TEST(Reap, of_one_of_an_earlier_generation_changes_nothing) {
  Three t;
  ASSERT_EQ(t.dead.reader.examine(), Status::kOk);
  const std::uint64_t before = LineWord{t.dead.generation - 1, LineState::kActive}.word();
  EXPECT_FALSE(t.heir.reader.reap(t.dead.own(), before));
  EXPECT_FALSE(t.heir.reader.holds());
  EXPECT_EQ(t.heir.own().cursor.load(), kNowhere);
  EXPECT_EQ(t.dead.state(), LineState::kActive);
}

TEST(Reap, by_two_in_turn_delivers_once) {
  Three t;
  ASSERT_EQ(t.dead.reader.examine(), Status::kOk);
  t.dead.die();
  const std::uint64_t word = t.dead.own().state.load();
  EXPECT_TRUE(t.heir.reader.reap(t.dead.own(), word));
  EXPECT_FALSE(t.other.reader.reap(t.dead.own(), word));
  EXPECT_EQ(t.other.own().cursor.load(), kNowhere);
}

TEST(Reap, by_two_at_any_moment_delivers_once) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    const auto reaped = [](Three<HookedMemory>& t) {
      EXPECT_EQ(t.dead.reader.examine(), Status::kOk);
      t.dead.die();
      return t.dead.own().state.load();
    };
    Three<HookedMemory> counted;
    const std::uint64_t same = reaped(counted);
    accesses = accesses_of([&] { EXPECT_TRUE(counted.heir.reader.reap(counted.dead.own(), same)); });

    Three<HookedMemory> t;
    const std::uint64_t word = reaped(t);
    bool first = false;
    bool second = false;
    intrude(
        n, [&] { first = t.heir.reader.reap(t.dead.own(), word); },
        [&] { second = t.other.reader.reap(t.dead.own(), word); });
    EXPECT_NE(first, second) << n;
    const auto& winner = first ? t.heir : t.other;
    const auto& loser = first ? t.other : t.heir;
    EXPECT_TRUE(borrowed(winner.reader).matches(0));
    EXPECT_EQ(winner.own().cursor.load(), 0U);
    EXPECT_EQ(loser.own().cursor.load(), kNowhere);
    EXPECT_FALSE(loser.reader.holds());
  }
  EXPECT_GT(accesses, 5);
}

// A member dies somewhere in `action`; who joins afterwards gets all ten messages, each at least once.
void expect_nothing_lost(const std::vector<Image>& crashes) {
  for (std::size_t i = 0; i < crashes.size(); ++i) {
    SCOPED_TRACE(i);
    PlainRing ring;
    ring.restore(crashes[i]);
    Attached last(ring, "group");
    std::vector<Position> got;
    const auto note = [&] {
      EXPECT_TRUE(borrowed(last.reader).matches(last.reader.position()));
      got.push_back(last.reader.position());
      (void)last.reader.release();
    };
    while (last.registry.for_each_dead_member(last.group, last.line, last.leases, [&](auto& line, std::uint64_t word) {
      return last.reader.reap(line, word);
    })) {
      note();
    }
    while (last.reader.examine() == Status::kOk) note();
    std::sort(got.begin(), got.end());
    EXPECT_LE(got.size(), 11U);
    got.erase(std::unique(got.begin(), got.end()), got.end());
    EXPECT_EQ(got.size(), 10U);
  }
}

TEST(Redelivery, after_a_death_at_any_point_of_taking_loses_nothing) {
  Three<HookedMemory> t;
  expect_nothing_lost(crashes_of(t.ring, [&] { EXPECT_EQ(t.dead.reader.examine(), Status::kOk); }));
}

TEST(Redelivery, after_a_death_at_any_point_of_inheriting_loses_nothing) {
  Three<HookedMemory> t;
  ASSERT_EQ(t.dead.reader.examine(), Status::kOk);
  t.dead.die();
  expect_nothing_lost(crashes_of(t.ring, [&] { EXPECT_TRUE(reap(t.heir, t.dead)); }));
}

TEST(Redelivery, after_a_death_at_any_point_of_founding_begins_anew) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 10));
  for (const Image& image : crashes_of(ring, [&] { Attached member(ring, "group", Start::oldest()); })) {
    PlainRing after;
    after.restore(image);
    Attached fresh(after);  // who attaches to the ring buries
    fresh.registry.bury(fresh.leases, true);
    EXPECT_FALSE(fresh.registry.find("group"));
    Attached member(after, "group", Start::oldest());
    EXPECT_EQ(drain(member.reader), 10U);
    auto next = successor(after);
    fresh.leave();
    EXPECT_EQ(next.slowest_group(), 640U);
  }
}

}  // namespace
}  // namespace ringmain::testing
