// Claim, commit, abort: one message at a time.
// SPDX-License-Identifier: MIT
#include "ringmain/algorithm/producer.hpp"

#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

TEST(Producer, a_claim_that_is_not_committed_leaves_no_trace) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 3));
  ASSERT_TRUE(producer.refresh_limit(1024));
  const Image before = ring.image();

  ASSERT_NE(producer.try_claim(1000), nullptr);
  EXPECT_EQ(ring.image(), before);
  std::byte* payload = producer.try_claim(48);
  std::fill_n(payload, 48, std::byte{0xff});
  EXPECT_EQ(producer.position(), 192U);
  EXPECT_EQ(producer.messages(), 3U);
  EXPECT_EQ(drain(consumer.reader), 3U);
  EXPECT_EQ(consumer.reader.examine(), Status::kEmpty);

  ASSERT_TRUE(publish(producer, pattern(192, 48)));
  EXPECT_EQ(drain(consumer.reader), 1U);
}

TEST(Producer, a_commit_may_shrink_the_claim) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  const Bytes bytes = pattern(0, 10);

  std::copy(bytes.begin(), bytes.end(), claim(producer, 500));
  EXPECT_FALSE(producer.commit(10, 7));
  EXPECT_EQ(producer.position(), 64U);
  EXPECT_EQ(ring.lines().tail.load(), 64U);
  const auto message = receive(consumer.reader);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->bytes, bytes);
  EXPECT_EQ(message->type, 7);
}

TEST(Producer, carries_a_message_without_bytes) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish(producer, {}, 0xffff));
  ASSERT_TRUE(publish(producer, pattern(1, 1), 1));
  const auto empty = receive(consumer.reader);
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->bytes.empty());
  EXPECT_EQ(empty->type, 0xffff);
  EXPECT_EQ(receive(consumer.reader).value().position, 64U);
}

TEST(Producer, a_message_takes_its_header_and_whole_slots) {
  EXPECT_EQ(extent_of(0), 64U);
  EXPECT_EQ(extent_of(48), 64U);
  EXPECT_EQ(extent_of(49), 128U);
  EXPECT_EQ(extent_of(112), 128U);
  EXPECT_EQ(extent_of(113), 192U);
  EXPECT_EQ(extent_of(32768 - 16), 32768U);
}

TEST(Producer, carries_the_largest_message_and_refuses_one_byte_more) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  const std::size_t largest = ring.capacity() / 2 - 16;
  EXPECT_EQ(producer.max_length(), largest);
  for (int i = 0; i < 5; ++i) {
    const Bytes bytes = pattern(producer.position(), largest);
    ASSERT_TRUE(publish(producer, bytes)) << i;
    EXPECT_EQ(receive(consumer.reader).value().bytes, bytes);
    EXPECT_EQ(producer.try_claim(largest + 1), nullptr);
    EXPECT_EQ(producer.try_claim(~std::uint64_t{0}), nullptr);
  }
}

TEST(Producer, fills_the_ring_up_to_one_spare_slot) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1023));
  const Image full = ring.image();
  EXPECT_FALSE(publish(producer, pattern(0, 0)));
  EXPECT_EQ(ring.image(), full);
  EXPECT_EQ(producer.limit(), ring.capacity());

  ASSERT_TRUE(receive(consumer.reader));
  EXPECT_TRUE(publish_some(producer, 1));
  EXPECT_FALSE(publish(producer, pattern(0, 0)));
  EXPECT_EQ(drain(consumer.reader), 1023U);
}

TEST(Producer, a_large_message_fits_exactly_at_the_limit) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  const std::uint64_t half = ring.capacity() / 2;
  ASSERT_TRUE(publish_some(producer, 1, half - 16));
  EXPECT_FALSE(publish(producer, pattern(0, half - 16)));       // would leave no spare slot
  EXPECT_FALSE(publish(producer, pattern(0, half - 16 - 63)));  // the same slots
  EXPECT_TRUE(publish_some(producer, 1, half - 16 - 64));
  EXPECT_EQ(producer.position() + 64, ring.capacity());
  EXPECT_EQ(drain(consumer.reader), 2U);
}

TEST(Producer, a_payload_that_crosses_the_wrap_is_contiguous) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(publish_some(producer, 1, 3000));
    const Position position = consumer.reader.position();
    const auto message = receive(consumer.reader);
    ASSERT_TRUE(message && message->matches(position)) << position;
  }
  EXPECT_GT(producer.position(), 9 * ring.capacity());
}

TEST(Producer, payloads_are_aligned_to_16_bytes) {
  PlainRing ring;
  auto producer = first_producer(ring);
  for (const std::size_t length : {0U, 1U, 100U, 5000U}) {
    const auto address = reinterpret_cast<std::uintptr_t>(producer.try_claim(0));
    EXPECT_EQ(address % 64, 16U);
    ASSERT_TRUE(publish(producer, pattern(0, length)));
  }
}

TEST(Producer, works_in_a_ring_of_four_gibibytes) {
  constexpr std::uint64_t kCapacity = std::uint64_t{4} << 30;
  PlainRing ring(kCapacity);
  ring.age(kCapacity - 64, 1);
  auto producer = successor(ring);
  Attached consumer(ring);
  EXPECT_EQ(producer.max_length(), (std::uint64_t{2} << 30) - 16);
  ASSERT_TRUE(publish_some(producer, 2, 100'000));  // across the wrap
  EXPECT_EQ(drain(consumer.reader), 2U);
  ASSERT_NE(producer.try_claim(100), nullptr);
  ASSERT_TRUE(producer.refresh_limit(kCapacity / 2));
  ASSERT_NE(producer.try_claim(producer.max_length()), nullptr);
  (void)producer.commit(producer.max_length(), 3);
  ASSERT_TRUE(consumer.reader.look());
  EXPECT_EQ(consumer.reader.bytes().size(), producer.max_length());
}

TEST(Producer, stores_length_and_type_in_one_word) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish(producer, pattern(0, 1000), 0xbeef));
  EXPECT_EQ(ring.ring().header_at(0)->length_and_type.load(), 0xbeef'0000'0000'03e8U);
  EXPECT_EQ(ring.tag_at(0), 1U);
}

TEST(Producer, says_when_somebody_sleeps) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_NE(producer.try_claim(0), nullptr);
  EXPECT_FALSE(producer.commit(0, 0));
  ring.area().sleepers.store(1);
  EXPECT_TRUE(producer.commit(0, 0));
  algorithm::Producer<>::Batch batch(producer);
  batch.add(pattern(0, 8), 0);
  EXPECT_TRUE(batch.commit());
  EXPECT_EQ(ring.area().sleepers.load(), 1U);  // clearing it is the bell's
}

TEST(Producer, counts_messages_and_bytes) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish(producer, pattern(0, 10)));
  ASSERT_TRUE(publish(producer, pattern(0, 100)));
  EXPECT_EQ(producer.messages(), 2U);
  EXPECT_EQ(algorithm::newest(ring.ring())->messages, 2U);
  EXPECT_EQ(algorithm::newest(ring.ring())->bytes, 110U);
}

TEST(Producer, never_trusts_what_it_told_the_others) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1023));
  for (auto* word : {&ring.lines().tail, &ring.lines().limit, &ring.lines().proposal}) word->store(kNowhere);
  EXPECT_FALSE(publish(producer, pattern(0, 0)));
  EXPECT_EQ(producer.position(), 1023U * 64);
}

TEST(Producer, after_a_fork_touches_nothing_that_is_shared) {
  PlainRing ring;
  PlainRing blank;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 20));
  ASSERT_NE(claim(producer, 0), nullptr);
  const Image before = ring.image();
  producer.defuse(blank.ring());
  (void)producer.commit(0, 0);  // of the claim that was open
  EXPECT_EQ(producer.try_claim(0), nullptr);
  EXPECT_EQ(producer.try_claim(100), nullptr);
  (void)producer.refresh_limit(64);
  producer.close();
  EXPECT_EQ(ring.image(), before);
}

TEST(Producer, that_was_never_opened_has_no_room) {
  algorithm::Producer<> producer;
  EXPECT_EQ(producer.max_length(), 0U);
  EXPECT_EQ(producer.try_claim(0), nullptr);
}

// In a process whose sleepers' membarrier() doesn't reach it, or in a ring of full fences.
TEST(Producer, that_must_fence_for_itself_does_so_before_it_looks_for_sleepers) {
  for (const bool by_ring : {false, true}) {
    PlainRing<HookedMemory> ring;
    auto fenced = ring.ring();
    fenced.full_fences = by_ring;
    Producer<HookedMemory> producer(fenced, !by_ring);
    producer.begin();
    for (const std::uint32_t sleepers : {0U, 1U, 0U}) {
      ring.area().sleepers.store(sleepers);
      ASSERT_NE(claim(producer, 48), nullptr);
      std::vector<Access> accesses;
      const HookedMemory::Scope scope([&](Access access, const volatile void* word) {
        if (access == Access::kFullFence || word == &ring.area().sleepers) accesses.push_back(access);
      });
      EXPECT_EQ(producer.commit(48, 0), sleepers != 0);
      EXPECT_EQ(accesses, (std::vector<Access>{Access::kFullFence, Access::kLoad}));
    }
  }
}

}  // namespace
}  // namespace ringmain::testing
