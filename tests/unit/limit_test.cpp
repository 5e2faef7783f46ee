// How far the producer may write: the slowest group, hostile lines, and who joins meanwhile.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

using algorithm::slowest;

// Lines and groups without consumers behind them: set by hand.
void set_line(const PlainRing<>& ring, std::size_t line, LineState state, Position cursor) {
  ring.area().lines[line].state.store(LineWord{1, state}.word());
  ring.area().lines[line].cursor.store(cursor);
  ring.area().lines_used.store(kMaxConsumers);
}
void set_group(const PlainRing<>& ring, std::size_t group, LineState state, Position head) {
  ring.area().groups[group].state.store(GroupWord{1, 1, state}.word());
  ring.area().groups[group].head.store(head);
  ring.area().groups_used.store(kMaxGroups);
}

TEST(Slowest, is_the_lowest_cursor_or_head) {
  PlainRing ring;
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), kNowhere);
  set_line(ring, 3, LineState::kActive, 5000);
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), 5000U);
  set_line(ring, kMaxConsumers - 1, LineState::kActive, 4000);
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), 4000U);
  set_group(ring, 0, LineState::kActive, 3000);
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), 3000U);
  set_group(ring, kMaxGroups - 1, LineState::kActive, 2000);
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), 2000U);
  set_line(ring, 0, LineState::kJoining, 1000);
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), 1000U);
}

TEST(Slowest, passes_over_lines_that_are_free_or_evicted) {
  PlainRing ring;
  for (const LineState state : {LineState::kFree, LineState::kEvicted}) {
    set_line(ring, 0, state, 64);
    set_group(ring, 0, state, 64);
    EXPECT_EQ(slowest(ring.ring(), 0, 10'000), kNowhere);
  }
  set_group(ring, 0, LineState::kJoining, 64);  // groups don't have that state
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), kNowhere);
  ring.area().lines[0].state.store(0xffff'ffff'ffff'ffff);
  ring.area().groups[0].state.store(0xffff'ffff'ffff'ffff);
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), kNowhere);
}

TEST(Slowest, passes_over_lines_beyond_those_used) {
  PlainRing ring;
  set_line(ring, 1, LineState::kActive, 64);
  set_group(ring, 1, LineState::kActive, 64);
  ring.area().lines_used.store(1);
  ring.area().groups_used.store(1);
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), kNowhere);
  ring.area().groups_used.store(2);
  EXPECT_EQ(slowest(ring.ring(), 0, 10'000), 64U);
  // What lies behind the last line and the last group looks like one more of them.
  auto& behind_lines = *reinterpret_cast<algorithm::ConsumerLine<algorithm::NativeMemory>*>(ring.ring().slots);
  behind_lines.state.store(LineWord{1, LineState::kActive}.word());
  behind_lines.cursor.store(1);
  ring.area().lines[0].cursor.store(GroupWord{1, 1, LineState::kActive}.word());
  ring.area().lines[2].cursor.store(1);
  for (const std::uint32_t lie : {65U, 257U, 4095U, 0xffffffffU}) {
    ring.area().lines_used.store(lie);
    ring.area().groups_used.store(lie);
    EXPECT_EQ(slowest(ring.ring(), 0, 10'000), 64U);
  }
}

TEST(Slowest, believes_a_cursor_only_between_floor_and_tail) {
  PlainRing ring;
  for (const Position base : {Position{0}, Position{1} << 32, Position{1} << 63}) {
    const Position floor = base + 4096;
    const Position tail = base + 60'000;
    set_line(ring, 0, LineState::kActive, tail - 64);
    const auto with = [&](Position cursor) {
      set_line(ring, 1, LineState::kActive, cursor);
      set_group(ring, 1, LineState::kActive, cursor);
      return slowest(ring.ring(), floor, tail);
    };
    EXPECT_EQ(with(floor), floor);
    EXPECT_EQ(with(floor + 1), floor + 1);
    EXPECT_EQ(with(tail), tail - 64);
    for (const Position lie : {Position{0}, Position{1}, floor - 1, floor - 64, tail + 1, tail + 64, kNowhere,
                               kNowhere - 1, floor - (Position{1} << 32), tail + (Position{1} << 32), ~floor}) {
      EXPECT_EQ(with(lie), tail - 64) << lie;
    }
    ring.area().lines[0].cursor.store(kNowhere);
    EXPECT_EQ(with(tail), tail);
    for (const Position lie : {tail + 1, tail + 64, floor - 1, kNowhere}) EXPECT_EQ(with(lie), kNowhere) << lie;
  }
}

TEST(Slowest, never_misses_a_message_that_changes_hands_during_the_scan) {
  using Ring = PlainRing<HookedMemory>;
  const auto prepared = [](Ring& ring) {
    auto producer = first_producer(ring);
    return publish_some(producer, 10);
  };
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    Ring ring;
    ASSERT_TRUE(prepared(ring));
    Attached giver(ring, "group", Start::oldest());
    Attached taker(ring, "group");
    const auto scan = [&] { EXPECT_EQ(slowest(ring.ring(), 0, 640), 0U) << "taken before access " << n; };
    accesses = accesses_of(scan);
    intrude(n, scan, [&] { EXPECT_EQ(taker.reader.examine(), Status::kOk); });
    EXPECT_EQ(taker.own().cursor.load(), 0U);
  }
  EXPECT_GT(accesses, 5);
}

// --- the limit

TEST(Limit, starts_with_one_step) {
  PlainRing ring;
  auto producer = first_producer(ring);
  EXPECT_EQ(producer.limit(), 1024U);
  EXPECT_EQ(ring.lines().limit.load(), 1024U);
  EXPECT_EQ(ring.lines().proposal.load(), 1024U);
  EXPECT_EQ(producer.floor(), 0U);
}

TEST(Limit, grows_in_steps_of_a_64th_while_nobody_gates) {
  for (const Policy policy : {Policy::kWait, Policy::kOverwrite}) {
    PlainRing ring(kMinCapacity, policy);
    auto producer = first_producer(ring);
    while (producer.position() < 3 * ring.capacity()) {
      ASSERT_TRUE(publish_some(producer, 1));
      EXPECT_EQ(producer.limit() % ring.step(), 0U);
      EXPECT_LT(producer.limit(), producer.position() + 64 + ring.step());
      EXPECT_GE(producer.limit(), producer.position() + 64);
      EXPECT_EQ(ring.lines().limit.load(), producer.limit());
      EXPECT_EQ(ring.lines().proposal.load(), producer.limit());
    }
  }
}

TEST(Limit, is_a_ring_above_the_slowest) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached slow(ring);
  Attached fast(ring);
  ASSERT_TRUE(publish_some(producer, 1023));
  EXPECT_EQ(producer.limit(), ring.capacity());
  EXPECT_EQ(drain(fast.reader), 1023U);
  EXPECT_FALSE(publish_some(producer, 1));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(receive(slow.reader));
  EXPECT_TRUE(publish_some(producer, 3));
  EXPECT_EQ(producer.limit(), ring.capacity() + 192);
  EXPECT_EQ(producer.floor(), 192U);
  EXPECT_FALSE(publish_some(producer, 1));
  slow.leave();
  EXPECT_TRUE(publish_some(producer, 1020));
  EXPECT_FALSE(publish_some(producer, 1));
}

TEST(Limit, nobody_holds_the_producer_of_a_lossy_ring) {
  PlainRing ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  Attached consumer(ring);
  EXPECT_TRUE(publish_some(producer, 5000));
  EXPECT_EQ(producer.slowest_group(), kNowhere);
}

TEST(Limit, never_goes_down_whatever_the_cursors_do) {
  PlainRing ring;
  auto producer = first_producer(ring);
  std::uint64_t state = 7;
  Position limit = 0;
  Position floor = 0;
  set_line(ring, 0, LineState::kActive, 0);
  for (int round = 0; round < 100'000; ++round) {
    const std::uint64_t dice = mix(state);
    const Position somewhere = producer.position() - dice % (2 * ring.capacity());
    const Position lies[] = {0, kNowhere, producer.position(), somewhere, mix(state), producer.floor(), somewhere | 63};
    set_line(ring, dice % 3, dice % 5 == 0 ? LineState::kFree : LineState::kActive, lies[dice / 64 % std::size(lies)]);
    const Position lowest = producer.slowest_group();
    (void)publish(producer, pattern(0, dice % 3000));
    EXPECT_GE(producer.limit(), limit);
    EXPECT_GE(producer.floor(), floor);
    if (lowest != kNowhere) {
      EXPECT_LE(producer.limit(), std::max(limit, lowest + ring.capacity()));
    }
    EXPECT_LE(producer.position() + 64, producer.limit());
    EXPECT_LE(producer.limit(), producer.position() + ring.capacity());
    EXPECT_EQ(ring.lines().limit.load(), producer.limit());
    limit = producer.limit();
    floor = producer.floor();
  }
  EXPECT_GT(producer.position(), 100 * ring.capacity());
}

TEST(Limit, says_at_which_cursor_there_will_be_room) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1023));
  const std::uint64_t quarter = ring.capacity() / 4;
  EXPECT_EQ(producer.cursor_wanted(64), producer.position() - ring.capacity() + quarter);  // not in lockstep
  EXPECT_EQ(producer.cursor_wanted(quarter), producer.position() - ring.capacity() + quarter + 64);
  EXPECT_EQ(producer.cursor_wanted(ring.capacity() / 2), producer.position() - ring.capacity() / 2 + 64);
  producer.want_room(producer.cursor_wanted(quarter));
  int received = 0;
  while (consumer.reader.position() < producer.cursor_wanted(quarter)) {
    EXPECT_FALSE(producer.refresh_limit(quarter));
    ASSERT_TRUE(receive(consumer.reader));
    ++received;
  }
  EXPECT_TRUE(producer.refresh_limit(quarter));
  EXPECT_EQ(received, 256);
}

// --- who joins while the producer looks

using HookedRing = PlainRing<HookedMemory>;

// A reliable ring with 1000 messages published and nobody attached, or one consumer at the tail.
struct Race {
  HookedRing ring;
  Producer<HookedMemory> producer = first_producer(ring);
  std::optional<Attached<HookedMemory>> present;
  std::optional<Attached<HookedMemory>> joiner;

  explicit Race(bool with_consumer) {
    if (with_consumer) present.emplace(ring);
    if (!publish_some(producer, 1000) || (present && drain(present->reader) != 1000U)) throw std::logic_error("setup");
  }
  void make_room() {
    const Position limit = producer.limit();
    (void)producer.refresh_limit(20'000);
    EXPECT_GE(producer.limit(), limit);
    EXPECT_EQ(ring.lines().limit.load(), producer.limit());
  }
  // Who was accepted is respected, and gets every message from where he stands.
  void check() {
    ASSERT_TRUE(joiner->begun);
    const Position position = joiner->reader.position();
    EXPECT_EQ(joiner->own().cursor.load(), position);
    ASSERT_LE(ring.lines().limit.load(), position + ring.capacity());
    while (publish_some(producer, 1)) {
      if (present) {
        EXPECT_EQ(drain(present->reader), 1U);
      }
    }
    EXPECT_EQ(drain(joiner->reader), (producer.position() - position) / 64);
  }
};

TEST(Joining, before_any_access_of_the_producer_that_makes_room_is_respected) {
  for (const bool with_consumer : {false, true}) {
    for (const Start start : {Start::latest(), Start::oldest(), Start::at(6400)}) {
      const int accesses = [&] {
        Race race(with_consumer);
        return accesses_of([&] { race.make_room(); });
      }();
      EXPECT_GT(accesses, 5);
      for (int n = 0; n < accesses; ++n) {
        Race race(with_consumer);
        intrude(
            n, [&] { race.make_room(); }, [&] { race.joiner.emplace(race.ring, start); });
        SCOPED_TRACE(n);
        race.check();
      }
    }
  }
}

TEST(Joining, is_respected_before_whatever_access_the_producer_makes_room) {
  for (const bool with_consumer : {false, true}) {
    for (const Start start : {Start::latest(), Start::oldest(), Start::at(6400)}) {
      const auto join = [&](Race& race) { race.joiner.emplace(race.ring, start); };
      const int accesses = [&] {
        Race race(with_consumer);
        return accesses_of([&] { join(race); });
      }();
      for (int n = 0; n < accesses; ++n) {
        Race race(with_consumer);
        intrude(
            n, [&] { join(race); }, [&] { race.make_room(); });
        SCOPED_TRACE(n);
        race.check();
      }
    }
  }
}

TEST(Joining, between_the_two_scans_is_seen_by_the_second) {
  Race race(true);
  intrude_at(
      Access::kStore, &race.ring.lines().proposal, [&] { race.make_room(); },
      [&] { race.joiner.emplace(race.ring, Start::oldest()); });
  EXPECT_EQ(race.joiner->reader.position(), 0U);
  EXPECT_EQ(race.producer.limit(), race.ring.capacity());
  race.check();
}

TEST(Joining, after_the_proposal_moves_up) {
  Race race(true);
  intrude_at(
      Access::kFullFence, nullptr, [&] { race.make_room(); }, [&] { race.joiner.emplace(race.ring, Start::oldest()); });
  EXPECT_EQ(race.joiner->reader.position(), 64'000U);
  race.check();
}

// A group whose head is at the tail; the member that holds the first message is dead, and another is about to inherit.
struct Inheritance {
  HookedRing ring;
  Producer<HookedMemory> producer = first_producer(ring);
  Attached<HookedMemory> a{ring, "group", Start::oldest()};
  Attached<HookedMemory> b{ring, "group"};
  Attached<HookedMemory>& dead;
  Attached<HookedMemory>& heir;

  explicit Inheritance(bool upwards) : dead(upwards ? a : b), heir(upwards ? b : a) {
    if (!publish_some(producer, 1000)) throw std::logic_error("setup");
    (void)dead.reader.examine();
    for (int i = 1; i < 1000; ++i) (void)receive(heir.reader);
    dead.die();
  }
  void inherit() { EXPECT_TRUE(heir.reader.reap(dead.own(), dead.own().state.load())); }
  void make_room() { (void)producer.refresh_limit(20'000); }
  void check() {
    EXPECT_LE(ring.lines().limit.load(), ring.capacity());
    EXPECT_EQ(heir.reader.position(), 0U);
    EXPECT_TRUE(borrowed(heir.reader).matches(0));
  }
};

TEST(Joining, as_an_heir_is_like_joining) {
  for (const bool upwards : {false, true}) {
    const int scan = [&] {
      Inheritance will(upwards);
      return accesses_of([&] { will.make_room(); });
    }();
    for (int n = 0; n < scan; ++n) {
      Inheritance will(upwards);
      intrude(
          n, [&] { will.make_room(); }, [&] { will.inherit(); });
      SCOPED_TRACE(n);
      will.check();
    }
    const int reap = [&] {
      Inheritance will(upwards);
      return accesses_of([&] { will.inherit(); });
    }();
    EXPECT_GT(reap, 5);
    for (int n = 0; n < reap; ++n) {
      Inheritance will(upwards);
      intrude(
          n, [&] { will.inherit(); }, [&] { will.make_room(); });
      SCOPED_TRACE(n);
      will.check();
    }
  }
}

TEST(Joining, leaves_the_proposal_at_the_limit) {
  Race race(true);
  race.make_room();
  EXPECT_EQ(race.ring.lines().proposal.load(), race.producer.limit());
}

}  // namespace
}  // namespace ringmain::testing
