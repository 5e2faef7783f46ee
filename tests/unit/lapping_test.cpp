// Rings that overwrite: who is overtaken learns the exact number of messages lost.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

// A lossy ring whose messages take 64, 128, ... 512 bytes in turn; positions() tells where each of them starts.
struct Lossy {
  PlainRing<> ring{kMinCapacity, Policy::kOverwrite};
  Producer<> producer = first_producer(ring);
  std::vector<Position> positions;

  void publish_to(Position position) {
    while (producer.position() < position) {
      positions.push_back(producer.position());
      if (!publish_some(producer, 1, positions.size() % 8 * 64)) throw std::logic_error("a lossy ring has room");
    }
  }
  // How many messages start before `position`.
  std::uint64_t before(Position position) const {
    return static_cast<std::uint64_t>(std::lower_bound(positions.begin(), positions.end(), position) -
                                      positions.begin());
  }
  bool is_boundary(Position position) const {
    return position == producer.position() || std::binary_search(positions.begin(), positions.end(), position);
  }
};

TEST(Lapping, counts_the_lost_exactly_wherever_it_happens) {
  for (std::uint64_t read = 0; read < 30; ++read) {
    for (std::uint64_t lead = 1; lead < 150'000; lead += 7919) {
      Lossy lossy;
      Attached consumer(lossy.ring);
      lossy.publish_to(12'000);
      for (std::uint64_t i = 0; i < read; ++i) ASSERT_TRUE(receive(consumer.reader));
      lossy.publish_to(lossy.producer.position() + lead);
      const bool lapped = consumer.reader.position() < lossy.producer.floor();
      EXPECT_EQ(consumer.reader.look(), !lapped);
      ASSERT_EQ(consumer.reader.examine(), Status::kOk);
      const Position at = consumer.reader.position();
      EXPECT_TRUE(lossy.is_boundary(at));
      EXPECT_TRUE(borrowed(consumer.reader).matches(at));
      EXPECT_EQ(consumer.reader.lost_before(), lossy.before(at) - read);
      EXPECT_EQ(consumer.reader.lost(), lossy.before(at) - read);
      if (lapped) {
        EXPECT_GE(at, lossy.producer.floor() + kMinCapacity / 8);
      }
      EXPECT_EQ(drain(consumer.reader), lossy.positions.size() - lossy.before(at));
    }
  }
}

TEST(Lapping, lands_on_the_first_noted_boundary_with_an_eighth_to_spare) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  lossy.publish_to(200'000);
  ASSERT_EQ(consumer.reader.examine(), Status::kOk);
  const Position target = lossy.producer.floor() + kMinCapacity / 8;
  const Position next_step = (target + lossy.ring.step() - 1) / lossy.ring.step() * lossy.ring.step();
  EXPECT_GE(consumer.reader.position(), target);
  EXPECT_LE(consumer.reader.position(), *std::lower_bound(lossy.positions.begin(), lossy.positions.end(), next_step));
}

TEST(Lapping, adds_up_over_several_laps) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  for (int lap = 1; lap < 50; ++lap) {
    lossy.publish_to(static_cast<Position>(lap) * 100'000);
    for (int i = 0; i < lap; ++i) {
      const auto message = receive(consumer.reader);
      ASSERT_TRUE(message && message->matches(message->position));
      lost += message->lost;
      ++received;
      EXPECT_EQ(lossy.before(message->position) + 1, received + lost);
    }
  }
  EXPECT_EQ(consumer.reader.lost(), lost);
  EXPECT_GT(lost, 1000U);
}

TEST(Lapping, a_borrowed_message_is_valid_until_the_floor_passes_it) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  lossy.publish_to(640);
  ASSERT_TRUE(receive(consumer.reader));
  const Position at = consumer.reader.position();
  ASSERT_TRUE(consumer.reader.look());
  while (lossy.producer.floor() <= at) {
    EXPECT_TRUE(consumer.reader.still_valid());
    EXPECT_TRUE(borrowed(consumer.reader).matches(at));
    lossy.publish_to(lossy.producer.position() + 1);
  }
  EXPECT_FALSE(consumer.reader.still_valid());
  EXPECT_FALSE(consumer.reader.look());
}

TEST(Lapping, a_message_at_the_floor_is_still_there) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  lossy.publish_to(640);
  lossy.ring.lines().limit.store(kMinCapacity);
  EXPECT_TRUE(consumer.reader.look());
  EXPECT_TRUE(consumer.reader.still_valid());
  lossy.ring.lines().limit.store(kMinCapacity + 1);
  EXPECT_FALSE(consumer.reader.look());
}

TEST(Lapping, while_a_message_is_borrowed_leaves_nothing_to_release) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  lossy.publish_to(64);
  ASSERT_TRUE(consumer.reader.look());
  // Two of the largest: when the second is committed, the first lies below the floor, so there is nothing to go on with.
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(publish_some(lossy.producer, 1, lossy.producer.max_length()));
  ASSERT_TRUE(lossy.producer.refresh_limit(kMinCapacity / 2));
  EXPECT_EQ(consumer.reader.examine(), Status::kEmpty);
  const Position tail = lossy.producer.position();
  EXPECT_EQ(consumer.reader.position(), tail);
  EXPECT_EQ(consumer.reader.lost(), 5U);
  EXPECT_FALSE(consumer.reader.release());
  EXPECT_EQ(consumer.reader.position(), tail);
  ASSERT_TRUE(publish_some(lossy.producer, 1));
  EXPECT_EQ(drain(consumer.reader), 1U);
}

TEST(Lapping, while_a_message_is_borrowed_is_told_with_the_next) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  lossy.publish_to(64);
  ASSERT_TRUE(consumer.reader.look());
  lossy.publish_to(200'000);
  ASSERT_EQ(consumer.reader.examine(), Status::kOk);
  const Position at = consumer.reader.position();
  EXPECT_TRUE(borrowed(consumer.reader).matches(at));
  EXPECT_EQ(consumer.reader.lost_before(), lossy.before(at));
  (void)consumer.reader.release();
  EXPECT_EQ(receive(consumer.reader).value().lost, 0U);
}

TEST(Lapping, while_a_message_is_borrowed_that_tells_of_a_loss_adds_to_it) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  lossy.publish_to(200'000);
  ASSERT_EQ(consumer.reader.examine(), Status::kOk);
  ASSERT_NE(consumer.reader.lost_before(), 0U);
  lossy.publish_to(400'000);
  ASSERT_EQ(consumer.reader.examine(), Status::kOk);
  EXPECT_EQ(consumer.reader.lost_before(), lossy.before(consumer.reader.position()));
}

TEST(Lapping, of_a_message_given_back_too_late_counts_it_as_received) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  lossy.publish_to(1000);
  ASSERT_TRUE(consumer.reader.look());
  lossy.publish_to(200'000);
  EXPECT_FALSE(consumer.reader.still_valid());
  (void)consumer.reader.release();
  const auto message = receive(consumer.reader);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->lost, lossy.before(message->position) - 1);
}

TEST(Lapping, at_any_moment_of_a_look_never_yields_a_wrong_message) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring(kMinCapacity, Policy::kOverwrite);
    auto producer = first_producer(ring);
    Attached consumer(ring);
    ASSERT_TRUE(publish_some(producer, 1));
    accesses = accesses_of([&] { EXPECT_TRUE(consumer.reader.look()); });
    bool found = false;
    intrude(
        n, [&] { found = consumer.reader.look(); }, [&] { EXPECT_TRUE(publish_some(producer, 3000, 100)); });
    if (found) {
      EXPECT_FALSE(consumer.reader.still_valid()) << n;
    } else {
      const auto message = receive(consumer.reader);
      ASSERT_TRUE(message && message->matches(message->position)) << n;
      EXPECT_EQ(message->lost, 1 + (message->position - 64) / 128) << n;
    }
  }
  EXPECT_GE(accesses, 3);
}

TEST(Lapping, again_while_catching_up_is_counted_too) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring(kMinCapacity, Policy::kOverwrite);
    auto producer = first_producer(ring);
    Attached consumer(ring);
    ASSERT_TRUE(publish_some(producer, 3000));
    {
      auto reader = consumer.reader;  // a copy: to count
      accesses = accesses_of([&] { (void)reader.examine(); });
      consumer.own().cursor.store(0);
    }
    Status status = Status::kCorrupt;
    intrude(
        n, [&] { status = consumer.reader.examine(); }, [&] { EXPECT_TRUE(publish_some(producer, 5000)); });
    EXPECT_TRUE(status == Status::kOk || status == Status::kEmpty) << n;
    std::uint64_t lost = 0;
    std::uint64_t received = 0;
    while (const auto message = receive(consumer.reader)) {
      ASSERT_TRUE(message->matches(message->position)) << n;
      lost += message->lost;
      ++received;
      EXPECT_EQ(message->position / 64 + 1, lost + received) << n;
    }
    EXPECT_EQ(consumer.reader.lost() + received, 8000U) << n;
  }
  EXPECT_GT(accesses, 10);
}

TEST(Lapping, counts_that_go_backwards_are_corrupt) {
  Lossy lossy;
  Attached consumer(lossy.ring);
  lossy.publish_to(1000);
  ASSERT_EQ(drain(consumer.reader), lossy.positions.size());
  lossy.publish_to(200'000);
  for (auto& entry : lossy.ring.lines().index) entry.messages.store(0);
  EXPECT_EQ(consumer.reader.examine(), Status::kCorrupt);
  EXPECT_EQ(consumer.reader.lost(), 0U);
  for (auto& entry : lossy.ring.lines().index) entry.position.store(kNowhere);
  EXPECT_EQ(consumer.reader.examine(), Status::kCorrupt);  // nothing leads to the tail
  EXPECT_EQ(consumer.reader.lost(), 0U);
}

TEST(Lapping, an_evicted_consumer_of_a_waiting_ring_sees_that_it_was_overtaken) {
  PlainRing ring;
  auto evicting = ring.ring();
  evicting.may_evict = true;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  Reader<> reader(evicting, &consumer.own().cursor, nullptr, false);
  ASSERT_TRUE(reader.begin(Start::latest()));
  ASSERT_TRUE(publish_some(producer, 1023));
  ASSERT_TRUE(reader.look());
  EXPECT_FALSE(publish_some(producer, 1));
  EXPECT_TRUE(reader.still_valid());
  EXPECT_TRUE(consumer.registry.evict_below(64, producer.floor()));
  EXPECT_TRUE(publish_some(producer, 1000));
  EXPECT_EQ(consumer.state(), LineState::kEvicted);
  EXPECT_FALSE(reader.still_valid());
  EXPECT_FALSE(reader.look());
}

// A peer tells a lie about where a consumer stands, and so the producer goes on without it.
TEST(Lapping, on_a_ring_that_waits_is_counted_and_told_once) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 10));
  ASSERT_TRUE(receive(consumer.reader));
  consumer.own().cursor.store(kNowhere);
  ASSERT_TRUE(publish_until(producer, 2 * ring.capacity()));
  const auto first = receive(consumer.reader);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->lost, first->position / 64 - 1);
  EXPECT_TRUE(first->matches(first->position));
  EXPECT_EQ(consumer.own().cursor.load(), first->position + 64);  // it holds the producer again
  const auto second = receive(consumer.reader);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->lost, 0U);
  EXPECT_EQ(second->position, first->position + 64);
  EXPECT_EQ(consumer.reader.lost(), first->lost);
}

TEST(Lapping, again_and_again_while_it_catches_up_ends_with_nothing_and_an_exact_count) {
  PlainRing<HookedMemory> ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  Attached consumer(ring);
  const auto lap = [&] { return publish_until(producer, producer.position() + ring.capacity(), 8000); };
  ASSERT_TRUE(lap() && lap());
  {
    bool chosen = false;  // where to go on; and then it is overtaken there, too
    const HookedMemory::Scope scope([&](Access, const volatile void* word) {
      const bool limit = word == &ring.lines().limit;
      if (limit && chosen) {
        ASSERT_TRUE(lap());
      }
      chosen = !limit && (chosen || (word >= &ring.lines().index.front() && word <= &ring.lines().index.back()));
    });
    EXPECT_EQ(consumer.reader.examine(), Status::kEmpty);
  }
  EXPECT_FALSE(consumer.reader.holds());
  EXPECT_GT(producer.position(), 1000 * ring.capacity());
  ASSERT_EQ(consumer.reader.examine(), Status::kOk);
  EXPECT_EQ(consumer.reader.lost(), consumer.reader.position() / extent_of(8000));
  EXPECT_EQ(consumer.reader.lost_before(), consumer.reader.lost());
}

TEST(Lapping, by_a_producer_that_goes_backwards_is_corrupt) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 100));
  ASSERT_EQ(drain(consumer.reader), 100U);
  ring.lines().tail.store(producer.position() / 2);
  ring.lines().limit.store(producer.position() + ring.capacity() + 64);
  EXPECT_EQ(consumer.reader.examine(), Status::kCorrupt);
  EXPECT_EQ(consumer.reader.position(), producer.position());
}

}  // namespace
}  // namespace ringmain::testing
