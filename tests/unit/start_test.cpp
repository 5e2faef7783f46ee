// Where a group starts.
// SPDX-License-Identifier: MIT
#include "ringmain/algorithm/start.hpp"

#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

using algorithm::locate;

constexpr std::size_t kLength = 200;  // of the messages here: 256 bytes with header and rounding
constexpr Position kExtent = 256;

// Where a consumer starts; nothing if the count of messages before it is wrong.
std::optional<Position> started(const PlainRing<>& ring, Start start) {
  const auto place = locate(ring.ring(), start);
  if (!place || place->messages != place->position / kExtent) return std::nullopt;
  return place->position;
}

TEST(Start, in_a_ring_without_messages_is_its_birth) {
  PlainRing ring;
  (void)first_producer(ring);
  for (const Start start : {Start::latest(), Start::oldest(), Start::at(0), Start::at(5000), Start::at(kNowhere)}) {
    EXPECT_EQ(started(ring, start), 0U);
  }
}

TEST(Start, at_the_latest_is_the_tail) {
  PlainRing ring;
  auto producer = first_producer(ring);
  for (int i = 1; i < 1000; ++i) {
    ASSERT_TRUE(publish_some(producer, 1, kLength));
    EXPECT_EQ(started(ring, Start::latest()), producer.position());
  }
}

TEST(Start, at_the_oldest_is_the_first_noted_boundary_above_the_floor) {
  PlainRing ring;
  auto producer = first_producer(ring);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(publish_some(producer, 1, kLength));
    const auto oldest = started(ring, Start::oldest());
    ASSERT_TRUE(oldest);
    EXPECT_GE(*oldest, producer.floor());
    EXPECT_LT(*oldest, producer.floor() + ring.step());
  }
  EXPECT_GT(producer.floor(), 0U);
}

TEST(Start, at_a_position_is_the_first_boundary_from_there) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_until(producer, 3 * ring.capacity(), kLength));
  const Position first = started(ring, Start::oldest()).value();
  for (Position wanted = first; wanted <= producer.position(); wanted += 31) {
    EXPECT_EQ(started(ring, Start::at(wanted)), (wanted + kExtent - 1) / kExtent * kExtent) << wanted;
    const Position boundary = wanted / kExtent * kExtent;
    if (boundary >= first) {
      EXPECT_EQ(started(ring, Start::at(boundary)), boundary);
    }
  }
}

TEST(Start, below_the_floor_is_the_oldest) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_until(producer, 3 * ring.capacity(), kLength));
  const auto oldest = started(ring, Start::oldest());
  for (const Position wanted : {Position{0}, Position{1}, Position{256}, producer.floor() - 1, producer.floor()}) {
    EXPECT_EQ(started(ring, Start::at(wanted)), oldest);
  }
}

TEST(Start, above_the_tail_is_the_tail) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_until(producer, 3 * ring.capacity(), kLength));
  const Position tail = producer.position();
  for (const Position wanted : {tail, tail + 1, tail + kExtent, tail + ring.capacity(), kNowhere - 1, kNowhere}) {
    EXPECT_EQ(started(ring, Start::at(wanted)), tail);
  }
}

TEST(Start, never_takes_a_payload_for_a_boundary) {
  PlainRing ring;
  auto producer = first_producer(ring);
  for (int i = 0; i < 600; ++i) {  // every slot inside a message looks like a message of no bytes
    Bytes bytes = pattern(producer.position(), kLength);
    for (Position slot = 64; slot < kExtent; slot += 64) {
      const std::uint64_t header[] = {producer.position() + slot + 1, 0};
      std::memcpy(bytes.data() + slot - 16, header, sizeof header);
    }
    ASSERT_TRUE(publish(producer, bytes));
  }
  const Position first = started(ring, Start::oldest()).value();
  for (Position wanted = first; wanted < producer.position(); wanted += 64) {
    EXPECT_EQ(ring.tag_at(wanted), wanted + 1);  // the trap is set
    EXPECT_EQ(started(ring, Start::at(wanted)), (wanted + kExtent - 1) / kExtent * kExtent);
  }
}

TEST(Start, among_messages_longer_than_a_step) {
  PlainRing ring;
  auto producer = first_producer(ring);
  std::vector<Position> boundaries;
  while (producer.position() < 3 * ring.capacity()) {
    boundaries.push_back(producer.position());
    ASSERT_TRUE(publish_some(producer, 1, 5000 + producer.position() % 7000));
  }
  boundaries.push_back(producer.position());
  const auto at_or_above = [&](Position p) { return *std::lower_bound(boundaries.begin(), boundaries.end(), p); };
  for (Position wanted = producer.floor(); wanted <= producer.position(); wanted += 97) {
    const auto place = locate(ring.ring(), Start::at(wanted));
    ASSERT_TRUE(place);
    EXPECT_EQ(place->position, at_or_above(wanted));
    EXPECT_EQ(boundaries[place->messages], place->position);
  }
  EXPECT_EQ(locate(ring.ring(), Start::oldest())->position, at_or_above(producer.floor()));
}

TEST(Start, never_at_what_a_crashed_batch_noted) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_until(producer, 2560, kLength));
  ASSERT_TRUE(producer.refresh_limit(20'000));
  Producer<>::Batch batch(producer);
  for (int i = 0; i < 15; ++i) batch.add(pattern(0, 1000), 0);
  for (const Position wanted : {Position{2560}, Position{4000}, Position{8000}, kNowhere}) {
    EXPECT_EQ(started(ring, Start::at(wanted)), 2560U);
  }
  auto next = successor(ring);
  ASSERT_TRUE(publish_until(next, 16'384, kLength));
  for (Position wanted = 0; wanted <= 16'384; wanted += 64) {
    EXPECT_EQ(started(ring, Start::at(wanted)), (wanted + kExtent - 1) / kExtent * kExtent);
  }
}

TEST(Start, never_at_what_a_batch_that_was_given_up_noted) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_until(producer, 2560, kLength));
  ASSERT_TRUE(producer.refresh_limit(20'000));
  Producer<>::Batch batch(producer);
  for (int i = 0; i < 15; ++i) batch.add(pattern(0, 1000), 0);
  batch.give_up();
  ASSERT_TRUE(publish_until(producer, 16'384, kLength));
  for (Position wanted = 0; wanted <= 16'384; wanted += 64) {
    EXPECT_EQ(started(ring, Start::at(wanted)), (wanted + kExtent - 1) / kExtent * kExtent);
  }
  EXPECT_EQ(successor(ring).messages(), 64U);
}

TEST(Start, without_a_walk_when_it_would_be_overtaken) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    ASSERT_TRUE(publish_until(producer, ring.capacity(), kLength));
    std::optional<algorithm::Place> place;
    const auto find = [&] { place = locate(ring.ring(), Start::at(6 * kExtent + 1)); };
    accesses = accesses_of(find);
    intrude(n, find, [&] { EXPECT_TRUE(publish_until(producer, 5 * ring.capacity(), 1000)); });
    ASSERT_TRUE(place) << n;
    // Before the lap: a boundary of old; after it: of the new messages, the first of which starts where the old end.
    const bool old = place->position <= ring.capacity();
    EXPECT_EQ(place->position % (old ? kExtent : 1024), 0U) << n;
    EXPECT_EQ(place->messages, old ? place->position / kExtent : 256 + (place->position - ring.capacity()) / 1024) << n;
  }
  EXPECT_GT(accesses, 10);
}

TEST(Start, beyond_2_to_the_63rd) {
  constexpr Position kBirth = (Position{1} << 63) - 10 * kExtent;
  PlainRing ring;
  ring.age(kBirth, kBirth / kExtent);
  auto producer = successor(ring);
  ASSERT_TRUE(publish_some(producer, 100, kLength));
  EXPECT_EQ(started(ring, Start::oldest()), kBirth);
  EXPECT_EQ(started(ring, Start::at(0)), kBirth);
  EXPECT_EQ(started(ring, Start::at(Position{1} << 63)), Position{1} << 63);
  EXPECT_EQ(started(ring, Start::at((Position{1} << 63) + 1)), (Position{1} << 63) + kExtent);
  EXPECT_EQ(started(ring, Start::latest()), producer.position());
}

TEST(Start, with_lines_that_contradict_themselves_is_nothing_and_takes_no_time) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 100, kLength));
  ring.lines().tail.store(producer.position() + 64);
  EXPECT_FALSE(locate(ring.ring(), Start::latest()));
  EXPECT_FALSE(Attached(ring).begun);
}

// --- with the last message

TEST(Start, with_the_last_message_of_a_ring_without_one_is_its_birth) {
  PlainRing ring;
  auto producer = first_producer(ring);
  EXPECT_EQ(started(ring, Start::last()), 0U);
  producer.close();
  EXPECT_EQ(started(ring, Start::last()), 0U);
}

TEST(Start, with_the_last_message_wherever_in_the_ring_it_is) {
  for (const Policy policy : {Policy::kWait, Policy::kOverwrite}) {
    PlainRing ring(kMinCapacity, policy);
    auto producer = first_producer(ring);
    for (int i = 0; i < 1000; ++i) {
      ASSERT_TRUE(publish_some(producer, 1, kLength));
      ASSERT_EQ(started(ring, Start::last()), producer.position() - kExtent);
    }
    producer.close();
    EXPECT_EQ(started(ring, Start::last()), producer.position() - kExtent);
    EXPECT_EQ(started(ring, Start::latest()), producer.position());
  }
}

TEST(Start, with_the_last_message_of_any_length) {
  PlainRing ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  std::uint64_t lot = 1;
  for (std::uint64_t count = 0; count < 500; ++count) {
    const Position at = producer.position();
    const std::size_t length = count % 3 == 0 ? ring.capacity() / 2 - 16 : mix(lot) % 3000;
    ASSERT_TRUE(publish_some(producer, 1, length));
    const auto place = locate(ring.ring(), Start::last());
    ASSERT_TRUE(place);
    ASSERT_EQ(place->position, at) << count;
    EXPECT_EQ(place->messages, count);
  }
}

TEST(Start, with_the_last_message_of_a_batch) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 5, kLength));
  ASSERT_TRUE(producer.refresh_limit(20'000));
  Producer<>::Batch batch(producer);
  for (int i = 0; i < 40; ++i) {
    batch.add(pattern(0, kLength), 0);
    EXPECT_EQ(started(ring, Start::last()), 4 * kExtent);
  }
  (void)batch.commit();
  EXPECT_EQ(started(ring, Start::last()), 44 * kExtent);
}

TEST(Start, with_the_next_message_if_the_last_is_not_kept) {
  PlainRing ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_until(producer, ring.capacity(), kLength));
  const std::uint64_t half = ring.capacity() / 2;
  ASSERT_TRUE(publish_some(producer, 1, half - 16));
  EXPECT_EQ(locate(ring.ring(), Start::last())->position, producer.position() - half);
  std::byte* const next = claim(producer, half - 16);
  ASSERT_NE(next, nullptr);
  std::fill_n(next, half - 16, std::byte{0xff});
  EXPECT_EQ(locate(ring.ring(), Start::last())->position, producer.position());
}

TEST(Start, with_the_last_message_though_newer_ones_come_meanwhile) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    ASSERT_TRUE(publish_until(producer, ring.capacity(), kLength));
    std::optional<algorithm::Place> place;
    const auto find = [&] { place = locate(ring.ring(), Start::last()); };
    accesses = accesses_of(find);
    intrude(n, find, [&] { EXPECT_TRUE(publish_until(producer, 5 * ring.capacity(), 1000)); });
    ASSERT_TRUE(place) << n;
    EXPECT_EQ(place->position, 5 * ring.capacity() - 1024) << n;  // the other one isn't kept
    EXPECT_EQ(place->messages, 256 + 4 * ring.capacity() / 1024 - 1) << n;
  }
  EXPECT_GT(accesses, 10);
}

TEST(Start, with_the_last_message_of_lines_that_contradict_themselves_is_nothing) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 100, kLength));
  ring.lines().tail.store(producer.position() + 64);
  EXPECT_FALSE(locate(ring.ring(), Start::last()));
  ring.lines().tail.store(producer.position() - kExtent - 64);  // in the midst of a message
  EXPECT_FALSE(locate(ring.ring(), Start::last()));
}

// --- beginning there

TEST(Beginning, with_the_last_message_has_that_and_what_follows) {
  for (const Policy policy : {Policy::kWait, Policy::kOverwrite}) {
    PlainRing ring(kMinCapacity, policy);
    auto producer = first_producer(ring);
    ASSERT_TRUE(publish_until(producer, 3 * ring.capacity(), kLength));
    Attached consumer(ring, Start::last());
    EXPECT_EQ(consumer.own().cursor.load(), producer.position() - kExtent);
    ASSERT_TRUE(publish_some(producer, 2, kLength));
    producer.close();
    EXPECT_EQ(drain(consumer.reader), 3U);
    EXPECT_EQ(consumer.reader.lost(), 0U);
    EXPECT_EQ(consumer.reader.examine(), Status::kEnd);
  }
}

TEST(Beginning, tells_the_cursor_and_is_counted_from_there) {
  for (const Policy policy : {Policy::kWait, Policy::kOverwrite}) {
    PlainRing ring(kMinCapacity, policy);
    auto producer = first_producer(ring);
    ASSERT_TRUE(publish_some(producer, 100, kLength));
    Attached consumer(ring, Start::at(50 * kExtent));
    EXPECT_EQ(consumer.own().cursor.load(), 50 * kExtent);
    EXPECT_EQ(consumer.state(), LineState::kActive);
    EXPECT_EQ(drain(consumer.reader), 50U);
    EXPECT_EQ(consumer.reader.lost(), 0U);
  }
}

TEST(Beginning, moves_up_to_a_proposal_above_its_start) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 100, kLength));
  for (const Position spared : {Position{0}, Position{1}, 10 * kExtent, 50 * kExtent + 1, 100 * kExtent}) {
    ring.lines().proposal.store(spared + ring.capacity());
    for (const Start start : {Start::oldest(), Start::at(0), Start::at(40 * kExtent), Start::latest()}) {
      Attached consumer(ring, start);
      ASSERT_TRUE(consumer.begun) << spared;
      const Position at = consumer.reader.position();
      EXPECT_GE(at, spared);
      EXPECT_EQ(consumer.own().cursor.load(), at);
      EXPECT_EQ(drain(consumer.reader), 100 - at / kExtent);
      consumer.leave();
    }
  }
}

TEST(Beginning, gives_up_below_a_proposal_that_no_producer_makes) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 10, kLength));
  ring.lines().proposal.store(producer.position() + ring.capacity() + 1);
  EXPECT_FALSE(Attached(ring).begun);
  ring.lines().proposal.store(producer.position() + ring.capacity());
  EXPECT_TRUE(Attached(ring).begun);
}

TEST(Beginning, of_a_named_group_tells_its_head) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 100, kLength));
  Attached member(ring, "group", Start::at(50 * kExtent));
  EXPECT_EQ(member.head().load(), 50 * kExtent);
  EXPECT_EQ(member.own().cursor.load(), kNowhere);
  EXPECT_EQ(drain(member.reader), 50U);
}

}  // namespace
}  // namespace ringmain::testing
