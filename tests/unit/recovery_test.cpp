// A producer that dies at any instruction: the next one goes on after the last message that was committed.
// Messages here take one slot each, so that the position alone says how many there are.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <functional>

#include "support/attached.hpp"
#include "support/crash.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

using HookedRing = PlainRing<HookedMemory>;
using HookedProducer = Producer<HookedMemory>;

constexpr std::uint64_t kSlot = 64;

void expect_index_is_right(const PlainRing<>& ring, const Producer<>& producer) {
  const Position floor = producer.floor();
  for (std::uint64_t i = 0; i < algorithm::kIndexEntries; ++i) {
    const Position position = ring.lines().index[i].position.load();
    if (position == kNowhere) continue;
    EXPECT_LE(position, producer.position());
    EXPECT_EQ(position / ring.step() % algorithm::kIndexEntries, i);
    EXPECT_EQ(position % kSlot, 0U);
    if (position >= floor) {
      EXPECT_EQ(ring.lines().index[i].messages.load(), position / kSlot) << position;
    }
  }
}

// The ring works on: a consumer from before the crash gets everything, in order, over a whole lap.
void expect_goes_on(PlainRing<>& ring, Producer<>& producer, Attached<>& consumer) {
  const Position end = producer.position() + ring.capacity() + 4096;
  while (producer.position() < end) {
    ASSERT_TRUE(publish_some(producer, 5));
    ASSERT_EQ(drain(consumer.reader), 5U);
  }
  EXPECT_EQ(consumer.reader.lost(), 0U);
  EXPECT_EQ(producer.messages(), producer.position() / kSlot);
  EXPECT_EQ(ring.lines().tail.load(), producer.position());
  expect_index_is_right(ring, producer);
  for (std::uint64_t step = producer.floor() / ring.step() + 1; step < producer.position() / ring.step(); ++step) {
    EXPECT_EQ(ring.lines().index[step % algorithm::kIndexEntries].position.load(), step * ring.step());
  }
}

// `ring`: crashed somewhere between the tails `before` and `after`. Leaves it recovered and at work.
void expect_recovers(PlainRing<>& ring, Position before, Position after) {
  const Position limit = ring.lines().limit.load();
  const Position tail = ring.lines().tail.load();
  ring.lines().tail.store(before);  // for one who attached before the crash
  Attached consumer(ring);
  ring.lines().tail.store(tail);
  Attached from_oldest(ring, Start::oldest());
  ASSERT_TRUE(consumer.begun && from_oldest.begun);
  ASSERT_TRUE(drain(from_oldest.reader));
  from_oldest.leave();
  const auto seen = drain(consumer.reader);
  ASSERT_TRUE(seen);
  const Position committed = before + *seen * kSlot;
  EXPECT_TRUE(committed == before || committed == after) << committed;
  EXPECT_TRUE(tail == before || tail == committed) << tail;

  auto producer = successor(ring);
  EXPECT_EQ(producer.position(), committed);
  EXPECT_EQ(producer.messages(), committed / kSlot);
  EXPECT_EQ(producer.limit(), limit);
  EXPECT_EQ(ring.lines().limit.load(), limit);
  EXPECT_EQ(ring.lines().tail.load(), committed);
  EXPECT_EQ(ring.lines().end.load(), 0U);
  EXPECT_EQ(ring.lines().room_wanted.load(), 0U);
  expect_index_is_right(ring, producer);
  Attached late(ring, Start::oldest());
  EXPECT_TRUE(late.begun && drain(late.reader));
  late.leave();
  consumer.registry.bury(consumer.leases, true);
  expect_goes_on(ring, producer, consumer);
  consumer.leave();
}

// The same for each of `crashes`; and a recovery that crashes, too, or is repeated, makes no difference.
void expect_recovers(const std::vector<Image>& crashes, Position before, Position after) {
  EXPECT_GE(crashes.size(), 2U);
  PlainRing ring;
  HookedRing hooked;
  for (std::size_t i = 0; i < crashes.size(); ++i) {
    SCOPED_TRACE(::testing::Message() << "before store " << i << " of " << crashes.size() - 1);
    ring.restore(crashes[i]);
    (void)successor(ring);
    const Image recovered = ring.image();
    hooked.restore(crashes[i]);
    for (const Image& image : crashes_of(hooked, [&] { (void)successor(hooked); })) {
      ring.restore(image);
      (void)successor(ring);
      EXPECT_EQ(ring.image(), recovered);
    }
    ring.restore(crashes[i]);
    expect_recovers(ring, before, after);
    if (::testing::Test::HasFailure()) return;
  }
}

// Every crash in `action` of a producer that starts at `start`.
void expect_survives(const std::function<void(HookedProducer&)>& action, Position start) {
  HookedRing ring;
  ring.age(start, start / kSlot);
  auto producer = successor(ring);
  const auto crashes = crashes_of(ring, [&] { action(producer); });
  expect_recovers(crashes, start, producer.position());
}

constexpr Position kStarts[] = {0, 64, 1024 - 64, 65536 - 64, 65536, (1ULL << 32) - 64, (1ULL << 63) - 64, 1ULL << 63};

TEST(Recovery, from_every_crash_in_a_commit) {
  for (const Position start : kStarts) {
    SCOPED_TRACE(start);
    expect_survives([](HookedProducer& producer) { publish_some(producer, 1); }, start);
  }
}

TEST(Recovery, from_every_crash_in_a_commit_over_a_leftover) {
  expect_survives(
      [](HookedProducer& producer) {
        const Position next = producer.position() + kSlot;
        producer.ring().header_at(next)->tag.store(next + 1);
        publish_some(producer, 1);
      },
      4096);
}

TEST(Recovery, from_every_crash_in_the_second_of_two_commits) {
  HookedRing ring;
  auto producer = first_producer(ring);
  for (int i = 0; i < 20; ++i) {
    const Position before = producer.position();
    const auto crashes = crashes_of(ring, [&] { publish_some(producer, 1); });
    expect_recovers(crashes, before, before + kSlot);
  }
}

TEST(Recovery, from_every_crash_in_a_batch) {
  for (const Position start : {Position{0}, Position{960}, Position{65536 - 1024}, (Position{1} << 32) - 640}) {
    SCOPED_TRACE(start);
    expect_survives(
        [](HookedProducer& producer) {
          ASSERT_TRUE(producer.refresh_limit(36 * kSlot));
          HookedProducer::Batch batch(producer);
          const Position first = producer.position();
          for (std::uint64_t i = 0; i < 36; ++i) batch.add(pattern(first + i * kSlot, 48), 0);
          (void)batch.commit();
        },
        start);
  }
}

TEST(Recovery, from_every_crash_while_making_room) {
  HookedRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1000));
  ASSERT_EQ(drain(consumer.reader), 1000U);
  const auto crashes = crashes_of(ring, [&] { EXPECT_TRUE(producer.refresh_limit(4096)); });
  EXPECT_EQ(crashes.size(), 4U);
  expect_recovers(crashes, 64000, 64000);
}

TEST(Recovery, from_every_crash_in_a_close) {
  expect_survives([](HookedProducer& producer) { producer.close(); }, 640);
  expect_survives([](HookedProducer& producer) { producer.want_room(64); }, 640);
}

TEST(Recovery, keeps_the_counts) {
  PlainRing ring;
  auto producer = first_producer(ring);
  for (std::size_t i = 0; i < 100; ++i) ASSERT_TRUE(publish(producer, pattern(i, i)));
  auto next = successor(ring);
  EXPECT_EQ(next.messages(), 100U);
  ASSERT_TRUE(publish(next, pattern(0, 50)));
  const auto newest = algorithm::newest(ring.ring());
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->messages, 101U);
  EXPECT_EQ(newest->bytes, 4950U + 50U);
  EXPECT_EQ(newest->position, next.position());
}

TEST(Recovery, of_a_committed_message_whose_tail_was_not_stored_counts_it) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish(producer, pattern(0, 10)));
  ASSERT_TRUE(publish(producer, pattern(0, 300)));
  ring.lines().tail.store(64);
  auto next = successor(ring);
  EXPECT_EQ(next.position(), 384U);
  EXPECT_EQ(next.messages(), 2U);
  EXPECT_EQ(ring.lines().tail.load(), 384U);
  ASSERT_TRUE(publish(next, pattern(0, 1)));
  EXPECT_EQ(algorithm::newest(ring.ring())->bytes, 311U);
  EXPECT_EQ(successor(ring).position(), 448U);
}

TEST(Recovery, forgets_the_index_above_the_tail_and_notes_anew) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 20));  // the tail is 1280
  ASSERT_TRUE(producer.refresh_limit(8192));
  algorithm::Producer<>::Batch batch(producer);
  for (int i = 0; i < 10; ++i) batch.add(pattern(0, 1000), 0);
  EXPECT_NE(ring.lines().index[2].position.load(), kNowhere);

  auto next = successor(ring);
  EXPECT_EQ(ring.lines().index[1].position.load(), 1024U);
  for (std::size_t i = 2; i < algorithm::kIndexEntries; ++i) EXPECT_EQ(ring.lines().index[i].position.load(), kNowhere);
  ASSERT_TRUE(publish_until(next, 4096));
  EXPECT_EQ(ring.lines().index[1].position.load(), 1024U);
  EXPECT_EQ(ring.lines().index[2].position.load(), 2048U);
  EXPECT_EQ(ring.lines().index[3].position.load(), 3072U);
  EXPECT_EQ(ring.lines().index[3].messages.load(), 48U);
}

TEST(Recovery, of_a_closed_ring_opens_it_again) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 2));
  producer.want_room(12345);
  producer.close();
  EXPECT_EQ(drain(consumer.reader), 2U);
  EXPECT_EQ(consumer.reader.examine(), Status::kEnd);
  auto next = successor(ring);
  EXPECT_EQ(consumer.reader.examine(), Status::kEmpty);
  EXPECT_EQ(ring.lines().room_wanted.load(), 0U);
  ASSERT_TRUE(publish_some(next, 2));
  EXPECT_EQ(drain(consumer.reader), 2U);
}

TEST(Recovery, settles_the_proposal_that_its_predecessor_did_not_live_to_settle) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 100));
  ring.lines().proposal.store(producer.position() + ring.capacity());
  auto next = successor(ring);
  EXPECT_EQ(ring.lines().proposal.load(), next.limit());
}

// --- what no producer leaves behind

TEST(Recovery, refuses_lines_that_contradict_each_other) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 10));
  const Image good = ring.image();
  auto& lines = ring.lines();
  const auto refused = [&](const char* what, auto&& spoil) {
    ring.restore(good);
    spoil();
    EXPECT_FALSE(Producer<>(ring.ring()).recover()) << what;
  };
  refused("a tail that nothing leads to", [&] { lines.tail.store(640 + 64); });
  refused("no entry", [&] { lines.index[0].position.store(kNowhere); });
  refused("an entry above the tail", [&] { lines.index[0].position.store(704); });
  refused("an entry inside a message", [&] { lines.index[0].position.store(16); });
  refused("a broken message on the way", [&] { ring.set_tag(320, 1); });
  refused("more above the tail than one batch", [&] {
    lines.limit.store(640 + ring.capacity());
    for (Position at = 640; at <= 640 + ring.capacity() / 2; at += 64) {
      ring.set_tag(at, at + 1);
      ring.ring().header_at(at)->length_and_type.store(48);
    }
  });
  refused("a limit below the tail", [&] { lines.limit.store(576); });
  refused("a limit too far above", [&] { lines.limit.store(640 + ring.capacity() + 1); });
  refused("an unaligned tail", [&] { lines.tail.store(641); });
  ring.restore(good);
  EXPECT_TRUE(Producer<>(ring.ring()).recover());
}

// A claim of half the ring at the tail, never committed, reaches up to what is half a ring behind.
TEST(Recovery, counts_though_a_claim_has_scribbled_over_half_the_ring) {
  for (std::size_t large : {std::size_t{48}, std::size_t{900}, std::size_t{20'000}, kMinCapacity / 2 - 16}) {
    PlainRing ring(kMinCapacity, Policy::kOverwrite);
    auto producer = first_producer(ring);
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(publish(producer, pattern(0, large)));
      const Image before = ring.image();
      std::byte* room = producer.try_claim(producer.max_length());
      if (room == nullptr) {
        ASSERT_TRUE(producer.refresh_limit(ring.capacity() / 2));
        room = producer.try_claim(producer.max_length());
      }
      ASSERT_NE(room, nullptr);
      std::memset(room, 0xff, producer.max_length());
      const auto next = successor(ring);
      EXPECT_EQ(next.messages(), producer.messages());
      EXPECT_EQ(next.position(), producer.position());
      ring.restore(before);
      producer = successor(ring);
    }
  }
}

// The same of a batch that was added and not committed, where the last entry is exactly so far behind.
TEST(Recovery, counts_though_a_batch_has_scribbled_over_half_the_ring) {
  HookedRing ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  const Bytes largest = pattern(0, producer.max_length());
  ASSERT_TRUE(publish(producer, pattern(0, 48)));
  ASSERT_TRUE(publish(producer, largest));
  ASSERT_TRUE(producer.refresh_limit(ring.capacity() / 2));
  for (const Image& crash : crashes_of(ring, [&] { HookedProducer::Batch(producer).add(largest, 0); })) {
    PlainRing after(kMinCapacity, Policy::kOverwrite);
    after.restore(crash);
    EXPECT_EQ(successor(after).messages(), 2U);
  }
}

// The same where the note of the claim was not finished: the entry is lost.
TEST(Recovery, counts_from_an_earlier_entry_if_the_last_note_was_not_finished) {
  for (std::size_t large : {std::size_t{48}, std::size_t{900}, std::size_t{20'000}, kMinCapacity / 2 - 16}) {
    PlainRing ring;
    auto producer = first_producer(ring);
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(publish(producer, pattern(0, large)));
      const Image before = ring.image();
      ring.lines().index[producer.position() / ring.step() % algorithm::kIndexEntries].position.store(kNowhere);
      if (producer.position() < ring.step()) {
        EXPECT_FALSE(Producer<>(ring.ring()).recover());  // there was one entry, of the birth
      } else {
        const auto next = successor(ring);
        EXPECT_EQ(next.messages(), producer.messages());
      }
      ring.restore(before);
      producer = successor(ring);
    }
  }
}

TEST(Recovery, accepts_the_farthest_that_a_crash_can_leave) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 10));
  ASSERT_TRUE(publish(producer, pattern(0, producer.max_length())));
  ring.lines().tail.store(640);
  EXPECT_EQ(successor(ring).position(), 640 + ring.capacity() / 2);
  Attached consumer(ring);
  auto next = successor(ring);
  EXPECT_TRUE(next.refresh_limit(ring.capacity() / 2));
  EXPECT_EQ(ring.lines().limit.load(), next.position() + ring.capacity());
  EXPECT_EQ(successor(ring).limit(), next.limit());
}

TEST(Recovery, refuses_a_tail_within_a_message) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 3, 100));  // of two slots each
  ring.lines().tail.store(producer.position() - kSlot);
  EXPECT_FALSE(Producer<>(ring.ring()).recover());
}

TEST(Recovery, meets_garbage_without_harm) {
  PlainRing ring;
  std::uint64_t state = 1;
  int accepted = 0;
  for (int round = 0; round < 2000; ++round) {
    auto* words = reinterpret_cast<std::atomic<std::uint64_t>*>(&ring.lines());
    for (std::size_t i = 0; i < sizeof(ring.lines()) / 8; ++i) {
      const std::uint64_t word = mix(state);
      words[i].store(word % 3 == 0 ? kNowhere - word % 256 : word % 3 == 1 ? word & 0xffc0 : word);
    }
    Producer<> producer(ring.ring());
    if (!producer.recover()) continue;
    ++accepted;
    (void)publish(producer, pattern(0, 1000));
  }
  SUCCEED() << accepted;
}

}  // namespace
}  // namespace ringmain::testing
