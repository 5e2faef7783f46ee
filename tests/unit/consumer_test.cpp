// A consumer of its own: look, release, and why there is nothing.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

TEST(Consumer, borrows_the_same_message_until_it_gives_it_back) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 3, 100));
  auto& reader = consumer.reader;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(reader.look());
    EXPECT_EQ(reader.examine(), Status::kOk);
    EXPECT_TRUE(borrowed(reader).matches(0));
    EXPECT_EQ(reader.position(), 0U);
    EXPECT_EQ(consumer.own().cursor.load(), 0U);
  }
  EXPECT_FALSE(reader.release());
  EXPECT_EQ(reader.position(), 128U);
  EXPECT_EQ(consumer.own().cursor.load(), 128U);
}

TEST(Consumer, a_second_release_is_harmless) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  auto& reader = consumer.reader;
  EXPECT_FALSE(reader.release());  // nothing was ever borrowed
  EXPECT_EQ(reader.position(), 0U);
  ASSERT_TRUE(publish_some(producer, 3));
  ASSERT_TRUE(reader.look());
  ring.lines().room_wanted.store(64);
  EXPECT_TRUE(reader.release());
  EXPECT_FALSE(reader.release());
  EXPECT_EQ(reader.position(), 64U);
  EXPECT_EQ(consumer.own().cursor.load(), 64U);
  ASSERT_TRUE(reader.look());
  EXPECT_TRUE(borrowed(reader).matches(64));
}

TEST(Consumer, reports_the_release_that_makes_the_room_wanted) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 100, 100));  // of 128 bytes each
  for (const auto& [wanted, at] : {std::pair<Position, Position>{1280, 1280}, {1281, 1408}, {1344, 1408}, {1, 128}}) {
    Attached consumer(ring, Start::oldest());
    ring.lines().room_wanted.store(wanted);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(consumer.reader.look());
      const bool ring_the_bell = consumer.reader.release();
      EXPECT_EQ(ring_the_bell, consumer.reader.position() == at) << wanted;
    }
    consumer.leave();
  }
  Attached consumer(ring, Start::oldest());
  ring.lines().room_wanted.store(0);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(consumer.reader.look());
    EXPECT_FALSE(consumer.reader.release());
  }
}

TEST(Consumer, sees_the_room_wanted_only_after_its_cursor_is_told) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1));
  ASSERT_TRUE(consumer.reader.look());
  intrude_at(
      Access::kLoad, &ring.lines().room_wanted, [&] { EXPECT_FALSE(consumer.reader.release()); },
      [&] { EXPECT_EQ(consumer.own().cursor.load(), 64U); });
}

TEST(Consumer, a_length_that_cannot_be_is_corrupt) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1));
  auto& word = ring.ring().header_at(0)->length_and_type;
  for (const std::uint64_t length : {ring.capacity() / 2 - 15, ring.capacity(), algorithm::kLengthMask}) {
    word.store(length);
    EXPECT_FALSE(consumer.reader.look());
    EXPECT_EQ(consumer.reader.examine(), Status::kCorrupt);
    EXPECT_FALSE(consumer.reader.release());
    EXPECT_EQ(consumer.reader.position(), 0U);
  }
  word.store((ring.capacity() / 2 - 16) | std::uint64_t{0xffff} << 48);
  EXPECT_EQ(consumer.reader.examine(), Status::kOk);
  EXPECT_EQ(consumer.reader.bytes().size(), ring.capacity() / 2 - 16);
  EXPECT_EQ(consumer.reader.type(), 0xffff);
}

TEST(Consumer, that_must_fence_for_itself_does_so_before_it_looks_for_a_wish) {
  for (const bool by_ring : {false, true}) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    const Attached line(ring);
    auto fenced = ring.ring();
    fenced.full_fences = by_ring;
    Reader<HookedMemory> reader(fenced, &line.own().cursor, nullptr, !by_ring);
    ASSERT_TRUE(reader.begin(Start::oldest()));
    ASSERT_TRUE(publish_some(producer, 3));
    for (const Position wanted : {0U, 128U, 0U}) {
      ring.lines().room_wanted.store(wanted);
      ASSERT_TRUE(reader.look());
      std::vector<Access> accesses;
      const HookedMemory::Scope scope([&](Access access, const volatile void* word) {
        if (access == Access::kFullFence || word == &ring.lines().room_wanted) accesses.push_back(access);
      });
      EXPECT_EQ(reader.release(), wanted != 0);
      EXPECT_EQ(accesses, (std::vector<Access>{Access::kFullFence, Access::kLoad}));
    }
  }
}

// What lies there is no message; but by the time that this is looked into, it may be overwritten by one.
TEST(Consumer, overtaken_while_it_doubts_a_message_finds_nothing_corrupt) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1));
  ring.ring().header_at(0)->length_and_type.store(ring.capacity());
  EXPECT_EQ(consumer.reader.examine(), Status::kCorrupt);
  int looks = 0;
  const HookedMemory::Scope scope([&](Access, const volatile void* word) {
    if (word == &ring.lines().limit && ++looks == 2) ring.lines().limit.store(ring.capacity() + 64);
  });
  EXPECT_EQ(consumer.reader.examine(), Status::kEmpty);
  EXPECT_EQ(looks, 2);
}

TEST(Consumer, ends_exactly_at_the_end) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 2));
  producer.close();
  EXPECT_EQ(ring.lines().end.load(), 129U);
  EXPECT_EQ(drain(consumer.reader), 2U);
  EXPECT_EQ(consumer.reader.examine(), Status::kEnd);
  for (const Position end : {Position{1}, Position{65}, Position{128}, Position{130}, Position{193}, kNowhere}) {
    ring.lines().end.store(end);
    EXPECT_EQ(consumer.reader.examine(), Status::kEmpty) << end;
  }
  Attached late(ring);
  ring.lines().end.store(129);
  EXPECT_EQ(late.reader.examine(), Status::kEnd);
}

TEST(Consumer, a_ring_may_end_before_its_first_message) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  EXPECT_EQ(consumer.reader.examine(), Status::kEmpty);
  producer.close();
  EXPECT_EQ(ring.lines().end.load(), 1U);
  EXPECT_EQ(consumer.reader.examine(), Status::kEnd);
}

TEST(Consumer, drains_a_removed_ring_first) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 2));
  ring.lines().removed.store(1);
  EXPECT_EQ(drain(consumer.reader), 2U);
  EXPECT_EQ(consumer.reader.examine(), Status::kRemoved);
  producer.close();
  EXPECT_EQ(consumer.reader.examine(), Status::kEnd);  // the end says more
}

TEST(Consumer, finds_a_message_that_comes_while_it_examines) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    Attached consumer(ring);
    Status status = Status::kOk;
    accesses = accesses_of([&] { status = consumer.reader.examine(); });
    EXPECT_EQ(status, Status::kEmpty);
    intrude(
        n, [&] { status = consumer.reader.examine(); },
        [&] {
          EXPECT_TRUE(publish_some(producer, 1));
          producer.close();
        });
    EXPECT_TRUE(status == Status::kOk || status == Status::kEmpty) << n;  // never the end: a message is left
    EXPECT_EQ(drain(consumer.reader), 1U);
    EXPECT_EQ(consumer.reader.examine(), Status::kEnd);
  }
  EXPECT_GT(accesses, 3);
}

TEST(Consumer, of_a_waiting_ring_is_always_valid) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1023));
  ASSERT_TRUE(consumer.reader.look());
  EXPECT_FALSE(publish_some(producer, 1));
  EXPECT_TRUE(consumer.reader.still_valid());
}

TEST(Consumer, reads_across_2_to_the_32nd_and_the_63rd) {
  for (const Position start : {(Position{1} << 32) - 6400, (Position{1} << 63) - 6400}) {
    PlainRing ring;
    ring.age(start, 5);
    auto producer = successor(ring);
    Attached consumer(ring);
    for (int i = 0; i < 3000; ++i) {
      ASSERT_TRUE(publish_some(producer, 1, 150));
      ASSERT_EQ(drain(consumer.reader), 1U) << i;
    }
    EXPECT_EQ(producer.position(), start + 3000 * 192);
    EXPECT_EQ(producer.messages(), 3005U);
    producer.close();
    EXPECT_EQ(consumer.reader.examine(), Status::kEnd);
    EXPECT_EQ(successor(ring).messages(), 3005U);
  }
}

TEST(Consumer, after_a_fork_finds_nothing_and_touches_nothing) {
  PlainRing ring;
  PlainRing blank;
  std::atomic<std::uint64_t> cursor{0};
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 2));
  ASSERT_TRUE(consumer.reader.look());
  ring.lines().room_wanted.store(64);
  const Image before = ring.image();
  consumer.reader.defuse(blank.ring(), &cursor);
  EXPECT_FALSE(consumer.reader.release());
  EXPECT_FALSE(consumer.reader.look());
  EXPECT_NE(consumer.reader.examine(), Status::kOk);
  EXPECT_EQ(ring.image(), before);
}

// --- a spectator: no line, never gates

TEST(Spectator, watches_without_a_trace) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 100));
  const Image before = ring.image();
  std::atomic<std::uint64_t> cursor{kNowhere};
  Reader<> reader(ring.spectated(), &cursor, nullptr, false);
  ASSERT_TRUE(reader.begin(Start::oldest()));
  EXPECT_EQ(drain(reader), 100U);
  EXPECT_EQ(reader.examine(), Status::kEmpty);
  EXPECT_EQ(ring.image(), before);
}

TEST(Spectator, is_lapped_on_a_waiting_ring_and_told) {
  PlainRing ring;
  auto producer = first_producer(ring);
  std::atomic<std::uint64_t> cursor{kNowhere};
  Reader<> reader(ring.spectated(), &cursor, nullptr, false);
  ASSERT_TRUE(reader.begin(Start::latest()));
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 500));
  ASSERT_TRUE(reader.look());
  EXPECT_TRUE(reader.still_valid());
  for (int i = 0; i < 2000; ++i) {
    EXPECT_TRUE(publish_some(producer, 1));
    while (receive(consumer.reader)) {
    }
  }
  EXPECT_FALSE(reader.still_valid());
  (void)reader.release();
  const auto message = receive(reader);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->matches(message->position));
  EXPECT_EQ(message->lost, message->position / 64 - 1);
  EXPECT_EQ(drain(reader), 2500 - message->position / 64 - 1);
}

TEST(Spectator, never_rings_for_room) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 1));
  ring.lines().room_wanted.store(64);
  std::atomic<std::uint64_t> cursor{kNowhere};
  Reader<> reader(ring.spectated(), &cursor, nullptr, false);
  ASSERT_TRUE(reader.begin(Start::oldest()));
  ASSERT_TRUE(reader.look());
  EXPECT_FALSE(reader.release());  // the producer doesn't wait for it, and it has no bell to ring
}

}  // namespace
}  // namespace ringmain::testing
