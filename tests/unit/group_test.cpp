// Members of a named group share the work: each message goes to one of them.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

TEST(Group, gives_each_message_to_one_member) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached a(ring, "group");
  Attached b(ring, "group");
  Attached c(ring, "group");
  Attached<>* members[] = {&a, &b, &c};
  std::uint64_t state = 1;
  Position next = 0;
  for (int i = 0; i < 20'000; ++i) {
    while (publish_some(producer, 1)) {
    }
    auto& reader = members[mix(state) % 3]->reader;
    if (reader.holds()) {
      (void)reader.release();
    } else if (reader.examine() == Status::kOk) {
      EXPECT_EQ(reader.position(), next);
      EXPECT_TRUE(borrowed(reader).matches(next));
      EXPECT_FALSE(reader.redelivered());
      next += 64;
    }
  }
  EXPECT_GT(next, 2 * ring.capacity());
  EXPECT_EQ(a.head().load(), next);
}

TEST(Group, a_member_holds_one_message_at_a_time) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  ASSERT_TRUE(publish_some(producer, 3));
  EXPECT_FALSE(member.reader.look());  // that is left to examine()
  EXPECT_TRUE(member.reader.peek());
  EXPECT_FALSE(member.reader.holds());
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(member.reader.examine(), Status::kOk);
    EXPECT_TRUE(member.reader.holds());
    EXPECT_EQ(member.reader.position(), 0U);
    EXPECT_EQ(member.head().load(), 64U);
    EXPECT_EQ(member.own().cursor.load(), 0U);
  }
  (void)member.reader.release();
  EXPECT_EQ(member.own().cursor.load(), kNowhere);
  EXPECT_FALSE(member.reader.release());
  EXPECT_EQ(member.head().load(), 64U);
}

TEST(Group, a_member_tells_what_it_takes_before_it_takes_it) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  ASSERT_TRUE(publish_some(producer, 1));
  bool told = false;
  intrude_at(
      Access::kExchange, &member.head(), [&] { EXPECT_EQ(member.reader.examine(), Status::kOk); },
      [&] { told = member.own().cursor.load() == 0 && member.head().load() == 0; });
  EXPECT_TRUE(told);
}

TEST(Group, whatever_another_member_does_meanwhile_they_never_get_the_same) {
  for (const int messages : {1, 2, 3}) {
    int accesses = 1;
    for (int n = 0; n < accesses; ++n) {
      PlainRing<HookedMemory> ring;
      auto producer = first_producer(ring);
      Attached a(ring, "group");
      Attached b(ring, "group");
      Attached counting(ring, "another");
      ASSERT_TRUE(publish_some(producer, messages));
      accesses = accesses_of([&] { EXPECT_EQ(counting.reader.examine(), Status::kOk); });
      Status status = Status::kOk;
      intrude(
          n, [&] { status = a.reader.examine(); }, [&] { EXPECT_EQ(b.reader.examine(), Status::kOk); });
      if (messages == 1) {
        EXPECT_EQ(status, Status::kEmpty);
        EXPECT_FALSE(a.reader.holds());
        EXPECT_EQ(a.own().cursor.load(), kNowhere);  // no stale intent stays
      } else {
        EXPECT_EQ(status, Status::kOk);
        EXPECT_NE(a.reader.position(), b.reader.position());
        EXPECT_EQ(a.own().cursor.load(), a.reader.position());
        EXPECT_TRUE(borrowed(a.reader).matches(a.reader.position()));
      }
      EXPECT_TRUE(borrowed(b.reader).matches(b.reader.position()));
      EXPECT_EQ(b.own().cursor.load(), b.reader.position());
    }
    EXPECT_GT(accesses, 4);
  }
}

TEST(Group, gates_by_its_head_and_by_what_its_members_hold) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached slow(ring, "group");
  Attached fast(ring, "group");
  ASSERT_TRUE(publish_some(producer, 1023));
  ASSERT_EQ(slow.reader.examine(), Status::kOk);
  EXPECT_EQ(drain(fast.reader), 1022U);
  EXPECT_EQ(producer.slowest_group(), 0U);
  EXPECT_FALSE(publish_some(producer, 1));
  EXPECT_TRUE(borrowed(slow.reader).matches(0));
  (void)slow.reader.release();
  EXPECT_EQ(producer.slowest_group(), 1023U * 64);
  EXPECT_TRUE(publish_some(producer, 1023));
  EXPECT_FALSE(publish_some(producer, 1));  // nobody took a message: the head gates
  EXPECT_EQ(drain(slow.reader), 1023U);
}

TEST(Group, reports_the_release_that_makes_the_room_wanted) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached a(ring, "group");
  Attached b(ring, "group");
  ASSERT_TRUE(publish_some(producer, 20));
  ring.lines().room_wanted.store(128);
  ASSERT_EQ(a.reader.examine(), Status::kOk);  // 0
  ASSERT_EQ(b.reader.examine(), Status::kOk);  // 64
  EXPECT_TRUE(b.reader.release());             // may be the last: whether it is, the producer sees
  ASSERT_EQ(b.reader.examine(), Status::kOk);  // 128
  EXPECT_FALSE(b.reader.release());
  EXPECT_TRUE(a.reader.release());  // this was the last
  ASSERT_EQ(a.reader.examine(), Status::kOk);
  EXPECT_FALSE(a.reader.release());
}

TEST(Group, reports_the_room_that_a_stale_intent_held_back) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  Attached a(ring, "group");
  Attached b(ring, "group");
  ASSERT_TRUE(publish_some(producer, 20));
  ring.lines().room_wanted.store(64);
  // Between a's intent and its exchange, b takes the message and gives it back, and the producer looks in vain: a's
  // intent is in its way until a takes the next message.
  intrude_at(
      Access::kExchange, &a.head(), [&] { EXPECT_EQ(a.reader.examine(), Status::kOk); },
      [&] {
        EXPECT_EQ(b.reader.examine(), Status::kOk);
        EXPECT_TRUE(b.reader.release());
        EXPECT_EQ(producer.slowest_group(), 0U);
      });
  EXPECT_EQ(a.reader.position(), 64U);
  EXPECT_TRUE(a.reader.release());
}

TEST(Group, ends_for_every_member) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached a(ring, "group");
  Attached b(ring, "group");
  ASSERT_TRUE(publish_some(producer, 1));
  producer.close();
  ASSERT_EQ(a.reader.examine(), Status::kOk);
  EXPECT_EQ(b.reader.examine(), Status::kEnd);
  (void)a.reader.release();
  EXPECT_EQ(a.reader.examine(), Status::kEnd);
  ring.lines().end.store(0);
  ring.lines().removed.store(1);
  EXPECT_EQ(a.reader.examine(), Status::kRemoved);
}

TEST(Group, a_length_that_cannot_be_is_corrupt_and_not_taken) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  ASSERT_TRUE(publish_some(producer, 1));
  ring.ring().header_at(0)->length_and_type.store(ring.capacity());
  EXPECT_EQ(member.reader.examine(), Status::kCorrupt);
  EXPECT_EQ(member.head().load(), 0U);
  EXPECT_EQ(member.own().cursor.load(), kNowhere);
}

TEST(Group, a_head_that_a_peer_moved_is_corrupt_or_empty_but_never_a_message) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  Attached member(ring, "group");
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(publish_some(producer, 1));
    EXPECT_TRUE(receive(consumer.reader));
    EXPECT_TRUE(receive(member.reader));
  }
  const Position tail = producer.position();
  for (const Position lie : {Position{0}, Position{64}, tail - 3 * ring.capacity() / 2, tail - 2 * ring.capacity()}) {
    member.head().store(lie);
    EXPECT_EQ(member.reader.examine(), Status::kCorrupt) << lie;
  }
  for (const Position lie : {tail + 64, tail + 1, tail - 1, tail - 32, tail + ring.capacity()}) {
    member.head().store(lie);
    EXPECT_EQ(member.reader.examine(), Status::kEmpty) << lie;
    EXPECT_FALSE(member.reader.holds());
  }
}

// What lies below the floor may still be whole, but the producer may be about to write there.
TEST(Group, a_head_below_the_floor_is_corrupt_though_a_message_is_there) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  const Position before = ring.lines().limit.load();
  Position last = 0;
  while (ring.lines().limit.load() <= ring.capacity() + 64) {
    last = producer.position();
    ASSERT_TRUE(publish_some(producer, 1));
    ASSERT_TRUE(receive(member.reader));
  }
  const Position floor = ring.lines().limit.load() - ring.capacity();
  ASSERT_GT(ring.lines().limit.load(), before);
  Position kept = floor - 64;  // the last message below the floor; not overwritten yet
  ASSERT_EQ(ring.tag_at(kept), kept + 1);
  member.head().store(kept);
  EXPECT_EQ(member.reader.examine(), Status::kCorrupt);
  EXPECT_FALSE(member.reader.holds());
  EXPECT_EQ(member.head().load(), kept);
  member.head().store(last);
  EXPECT_EQ(member.reader.examine(), Status::kOk);
}

// Others may go once around between two looks of a member.
TEST(Group, a_head_that_was_overtaken_between_two_looks_is_not_corrupt) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  Attached slow(ring, "group");
  Attached quick(ring, "group");
  Status status = Status::kOk;
  intrude_at(
      Access::kLoad, &ring.lines().limit, [&] { status = slow.reader.examine(); },
      [&] {
        while (producer.position() < 2 * ring.capacity()) {
          ASSERT_TRUE(publish_some(producer, 1));
          ASSERT_TRUE(receive(quick.reader));
        }
      });
  EXPECT_EQ(status, Status::kEmpty);
  ASSERT_TRUE(publish_some(producer, 1));
  EXPECT_EQ(slow.reader.examine(), Status::kOk);
}

TEST(Group, a_head_that_moves_on_while_a_member_doubts_its_message_is_not_corrupt) {
  int accesses = 1;
  int emptied = 0;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    Attached member(ring, "group");
    ASSERT_TRUE(publish_some(producer, 1));
    ring.ring().header_at(0)->length_and_type.store(ring.capacity());
    accesses = accesses_of([&] { EXPECT_EQ(member.reader.examine(), Status::kCorrupt); });
    Status status = Status::kOk;
    intrude(
        n, [&] { status = member.reader.examine(); }, [&] { member.head().store(64); });
    EXPECT_TRUE(status == Status::kEmpty || status == Status::kCorrupt) << n;
    emptied += status == Status::kEmpty ? 1 : 0;
  }
  // Only who has seen it still there in the end takes it for corrupt.
  EXPECT_EQ(emptied, accesses - 2);
}

// Its founder died between storing the head and looking whether the producer will respect it.
TEST(Group, has_no_place_to_go_on_from_below_the_floor) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  EXPECT_TRUE(member.reader.begun());
  member.head().store(kNowhere);
  EXPECT_FALSE(member.reader.begun());
  ASSERT_TRUE(publish_until(producer, 2 * ring.capacity()));  // a group without a place holds nobody
  member.head().store(producer.floor());
  EXPECT_TRUE(member.reader.begun());
  member.head().store(producer.floor() - 64);
  EXPECT_FALSE(member.reader.begun());
}

// Who joins looks at the head, then at the limit. Should it take the group for one that has no place, it begins it anew, and
// the members receive again what they had received.
TEST(Group, keeps_its_place_though_its_members_go_once_around_while_somebody_joins) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    Attached working(ring, "group");
    const Attached joining(ring, "group");
    bool begun = false;
    accesses = accesses_of([&] { begun = joining.reader.begun(); });
    EXPECT_TRUE(begun);
    intrude(
        n, [&] { begun = joining.reader.begun(); },
        [&] {
          while (producer.position() < 2 * ring.capacity()) {
            ASSERT_TRUE(publish_some(producer, 1));
            ASSERT_TRUE(receive(working.reader));
          }
        });
    EXPECT_TRUE(begun) << "before access " << n;
  }
  EXPECT_GT(accesses, 1);
}

// A peer has freed the slot that the member holds.
TEST(Group, a_member_gives_up_what_was_overwritten_in_its_hands) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  ASSERT_TRUE(publish_some(producer, 2));
  ASSERT_EQ(member.reader.examine(), Status::kOk);
  EXPECT_TRUE(member.reader.still_valid());
  member.own().cursor.store(kNowhere);
  while (producer.position() < 2 * ring.capacity()) {
    ASSERT_TRUE(publish_some(producer, 1));
    member.head().store(producer.position());
  }
  EXPECT_FALSE(member.reader.still_valid());
  EXPECT_EQ(member.reader.examine(), Status::kEmpty);
  EXPECT_FALSE(member.reader.holds());
  EXPECT_EQ(member.own().cursor.load(), kNowhere);
}

TEST(Group, a_head_that_a_peer_moves_for_ever_holds_nobody_for_ever) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  ASSERT_TRUE(publish_some(producer, 2));
  constexpr std::uint64_t kForEver = 1'000'000;
  std::uint64_t moves = 0;
  {
    const HookedMemory::Scope scope([&](Access access, const volatile void* word) {
      if (access != Access::kExchange || word != &member.head() || moves == kForEver) return;
      member.head().store(++moves % 2 * 64);
    });
    EXPECT_NE(member.reader.examine(), Status::kOk);
  }
  EXPECT_LT(moves, kForEver);
  EXPECT_EQ(member.own().cursor.load(), kNowhere);
}

TEST(Group, that_did_not_begin_has_no_message) {
  PlainRing ring;
  (void)first_producer(ring);
  Attached member(ring, "group");
  member.head().store(kNowhere);  // its founder died before it began; and the word at the place that this means is zero
  EXPECT_EQ(ring.tag_at(kNowhere), 0U);
  EXPECT_NE(member.reader.examine(), Status::kOk);
  EXPECT_FALSE(member.reader.holds());
  EXPECT_EQ(member.head().load(), kNowhere);
}

TEST(Group, a_late_member_goes_on_where_the_group_is) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached a(ring, "group");
  ASSERT_TRUE(publish_some(producer, 10));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(receive(a.reader));
  Attached b(ring, "group", Start::oldest());
  EXPECT_EQ(b.group, a.group);
  EXPECT_EQ(receive(b.reader).value().position, 256U);
  EXPECT_EQ(receive(a.reader).value().position, 320U);
}

TEST(Group, every_group_sees_every_message) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached a(ring, "one");
  Attached b(ring, "two");
  Attached c(ring);
  ASSERT_TRUE(publish_some(producer, 100));
  EXPECT_EQ(drain(a.reader), 100U);
  EXPECT_EQ(drain(b.reader), 100U);
  EXPECT_EQ(drain(c.reader), 100U);
}

}  // namespace
}  // namespace ringmain::testing
