// A tag is exact: whatever lay in the ring before, a consumer sees a message only where one was committed.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

// A payload for a message at `position` that shows, in every slot, the tag which a message would carry there `later`.
Bytes payload_of_tags(Position position, std::size_t slots, std::uint64_t later) {
  Bytes bytes(slots * 64 - 16);
  for (std::size_t slot = 1; slot < slots; ++slot) {
    const std::uint64_t tag = position + slot * 64 + later + 1;
    std::memcpy(bytes.data() + slot * 64 - 16, &tag, sizeof tag);
  }
  return bytes;
}

TEST(Tag, is_the_position_and_one) {
  PlainRing ring;
  ring.age(640, 10);
  auto producer = successor(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish(producer, {}));
  EXPECT_EQ(ring.tag_at(640), 641U);
  for (const std::uint64_t tag : {0ULL, 640ULL, 642ULL, 641ULL + 65536, 641ULL | 1ULL << 63, ~0ULL}) {
    ring.set_tag(640, tag);
    EXPECT_FALSE(consumer.reader.look()) << tag;
    EXPECT_EQ(consumer.reader.examine(), Status::kEmpty) << tag;
  }
  ring.set_tag(640, 641);
  EXPECT_TRUE(consumer.reader.look());
}

TEST(Tag, an_old_payload_that_looks_like_the_next_one_is_not_taken_for_it) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish(producer, payload_of_tags(0, 16, ring.capacity())));
  ASSERT_TRUE(publish_until(producer, ring.capacity()));
  Attached consumer(ring);
  for (Position position = ring.capacity(); position < ring.capacity() + 1024; position += 64) {
    EXPECT_FALSE(consumer.reader.look()) << position;
    ASSERT_TRUE(publish_some(producer, 1));
    EXPECT_EQ(drain(consumer.reader), 1U) << position;
  }
}

TEST(Tag, an_aborted_claim_that_looks_like_the_next_one_is_not_taken_for_it) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  const Bytes bytes = payload_of_tags(0, 16, 0);
  std::copy(bytes.begin(), bytes.end(), claim(producer, bytes.size()));
  for (int i = 0; i < 16; ++i) {
    EXPECT_FALSE(consumer.reader.look()) << i;
    ASSERT_TRUE(publish_some(producer, 1));
    EXPECT_EQ(drain(consumer.reader), 1U) << i;
  }
}

TEST(Tag, the_bytes_cut_off_by_a_shrinking_commit_are_not_taken_for_a_message) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  const Bytes bytes = payload_of_tags(0, 16, 0);
  std::copy(bytes.begin(), bytes.end(), claim(producer, bytes.size()));
  (void)producer.commit(100, 0);
  EXPECT_TRUE(receive(consumer.reader));
  EXPECT_FALSE(receive(consumer.reader));
  EXPECT_EQ(ring.tag_at(128), 0U);
}

TEST(Tag, only_the_word_where_the_next_one_will_be_is_zeroed) {
  PlainRing ring;
  auto producer = first_producer(ring);
  const Bytes bytes = payload_of_tags(0, 16, 0);
  std::copy(bytes.begin(), bytes.end(), claim(producer, bytes.size()));
  (void)producer.commit(0, 0);
  EXPECT_EQ(ring.tag_at(64), 0U);
  EXPECT_EQ(ring.tag_at(128), 129U);  // not to be reached but by a commit that ends here
  ring.set_tag(128, 130);
  ASSERT_TRUE(publish(producer, {}));
  EXPECT_EQ(ring.tag_at(128), 130U);  // another value is no tag, and stays: no store on the ordinary path
}

TEST(Batch, appears_at_once) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(producer.refresh_limit(4096));
  algorithm::Producer<>::Batch batch(producer);
  std::vector<Position> positions;
  for (Position at = 0; const std::size_t length : {100U, 0U, 48U, 1000U, 3U}) {
    batch.add(pattern(at, length), static_cast<std::uint16_t>(length));
    positions.push_back(at);
    at += extent_of(length);
    EXPECT_FALSE(consumer.reader.look());
    EXPECT_EQ(ring.lines().tail.load(), 0U);
  }
  EXPECT_EQ(ring.tag_at(positions[1]), positions[1] + 1);  // the interior ones are there, but nothing leads to them
  EXPECT_EQ(consumer.reader.examine(), Status::kEmpty);
  EXPECT_FALSE(batch.commit());
  for (const Position position : positions) {
    const auto message = receive(consumer.reader);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->position, position);
    EXPECT_EQ(message->type, message->bytes.size());
    EXPECT_TRUE(message->matches(position));
  }
  EXPECT_FALSE(receive(consumer.reader));
  EXPECT_EQ(producer.messages(), 5U);
  EXPECT_EQ(algorithm::newest(ring.ring())->bytes, 1151U);
  EXPECT_EQ(producer.position(), ring.lines().tail.load());
}

TEST(Batch, may_cross_the_wrap_and_be_half_the_ring) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_until(producer, ring.capacity() - 1024));
  Attached consumer(ring);
  ASSERT_TRUE(producer.refresh_limit(ring.capacity() / 2));
  algorithm::Producer<>::Batch batch(producer);
  for (Position at = producer.position(); at < 3 * ring.capacity() / 2 - 1024; at += 512)
    batch.add(pattern(at, 496), 0);
  EXPECT_EQ(drain(consumer.reader), 0U);
  (void)batch.commit();
  EXPECT_EQ(drain(consumer.reader), ring.capacity() / 2 / 512);
}

TEST(Batch, that_was_given_up_is_not_taken_for_messages) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  algorithm::Producer<>::Batch given_up(producer);
  for (Position at = 0; at < 640; at += 64) given_up.add(pattern(at, 8), 0);
  for (const std::size_t length : {48U, 100U, 0U, 300U, 20U}) {  // ends on boundaries of the batch
    ASSERT_TRUE(publish_some(producer, 1, length));
    EXPECT_EQ(drain(consumer.reader), 1U);
  }
}

// The first tag leads to the others, so it comes last; theirs come when their payloads are written.
TEST(Batch, in_place_tags_a_message_when_the_next_is_added) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  algorithm::Producer<>::Batch batch(producer);
  const auto write = [&](Position at) {
    const Bytes bytes = pattern(at, 8);
    std::copy(bytes.begin(), bytes.end(), batch.add(bytes.size(), 0));
  };
  for (Position at = 0; at < 320; at += 64) {
    write(at);
    EXPECT_EQ(batch.end(), at + 64);
    for (Position before = 64; before < at; before += 64) EXPECT_EQ(ring.tag_at(before), before + 1);
    EXPECT_EQ(ring.tag_at(0), 0U);
    EXPECT_EQ(ring.tag_at(at), 0U);
  }
  (void)batch.commit();
  EXPECT_EQ(drain(consumer.reader), 5U);
}

TEST(Batch, in_place_of_one_message_is_that_message) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  algorithm::Producer<>::Batch batch(producer);
  const Bytes bytes = pattern(0, 100);
  std::copy(bytes.begin(), bytes.end(), batch.add(bytes.size(), 5));
  EXPECT_EQ(ring.tag_at(0), 0U);
  (void)batch.commit();
  EXPECT_EQ(receive(consumer.reader).value().bytes, bytes);
}

TEST(Batch, given_up_after_a_fork_touches_nothing_that_is_shared) {
  PlainRing ring;
  PlainRing blank;
  auto producer = first_producer(ring);
  ASSERT_TRUE(producer.refresh_limit(20'000));
  algorithm::Producer<>::Batch batch(producer);
  for (int i = 0; i < 15; ++i) batch.add(pattern(0, 1000), 0);
  const Image before = ring.image();
  const Image untouched = blank.image();
  EXPECT_TRUE(producer.takes(0));
  producer.defuse(blank.ring());
  EXPECT_FALSE(producer.takes(0));
  batch.give_up();
  EXPECT_EQ(ring.image(), before);
  EXPECT_EQ(blank.image(), untouched);
}

TEST(Batch, given_up_before_its_first_message_changes_nothing) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 3));
  const Image before = ring.image();
  algorithm::Producer<>::Batch(producer).give_up();
  EXPECT_EQ(ring.image(), before);
}

TEST(Batch, its_end_is_checked_for_what_looks_like_a_tag) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ring.set_tag(192, 193);
  algorithm::Producer<>::Batch batch(producer);
  for (Position at = 0; at < 192; at += 64) batch.add(pattern(at, 8), 0);
  (void)batch.commit();
  EXPECT_EQ(drain(consumer.reader), 3U);
}

TEST(Batch, without_a_message_publishes_nothing) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 2));
  EXPECT_FALSE(algorithm::Producer<>::Batch(producer).commit());
  EXPECT_EQ(drain(consumer.reader), 2U);
  EXPECT_EQ(ring.tag_at(128), 0U);
}

TEST(Batch, takes_a_message_without_bytes) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  algorithm::Producer<>::Batch batch(producer);
  batch.add({}, 1);  // a span of nothing points to nothing
  batch.add(pattern(64, 8), 2);
  (void)batch.commit();
  EXPECT_EQ(receive(consumer.reader).value().type, 1);
  EXPECT_EQ(receive(consumer.reader).value().type, 2);
}

}  // namespace
}  // namespace ringmain::testing
