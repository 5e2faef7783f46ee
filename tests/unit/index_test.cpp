// The index: how many messages stand before a position.
// SPDX-License-Identifier: MIT
#include "ringmain/algorithm/index.hpp"

#include <gtest/gtest.h>

#include "ringmain/algorithm/walk.hpp"
#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

using algorithm::Index;
using algorithm::kIndexEntries;
using algorithm::newest;
using algorithm::Place;

std::pair<Position, std::uint64_t> numbers(const Place& place) { return {place.position, place.messages}; }

TEST(Index, has_an_entry_for_each_step_of_the_ring) {
  PlainRing ring;
  const Index index(&ring.lines(), ring.capacity());
  EXPECT_EQ(index.step_of(0), 0U);
  EXPECT_EQ(index.step_of(1023), 0U);
  EXPECT_EQ(index.step_of(1024), 1U);
  EXPECT_EQ(index.start_of(3), 3072U);
  const Index large(&ring.lines(), std::uint64_t{1} << 40);
  EXPECT_EQ(large.step_of((std::uint64_t{1} << 30) - 1), 0U);
  EXPECT_EQ(large.start_of(1), std::uint64_t{1} << 30);
  // Steps that are few enough, and not smaller than they need be.
  for (std::uint64_t capacity = kMinCapacity; capacity <= algorithm::kMaxCapacity; capacity *= 2) {
    const std::uint64_t steps = capacity / algorithm::index_step(capacity);
    EXPECT_TRUE(steps >= 64 && steps <= kIndexEntries) << capacity;
    EXPECT_TRUE(steps == 64 || steps == kIndexEntries || algorithm::index_step(capacity) == 4096) << capacity;
  }
}

TEST(Index, notes_the_first_message_of_each_step) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_until(producer, 5000, 200));  // 256 bytes each
  ASSERT_TRUE(publish_some(producer, 1, 3000));     // 5120 .. 8192: starts in step 5, nothing starts in 6 and 7
  ASSERT_TRUE(publish_some(producer, 1));
  for (std::size_t step = 0; step <= 5; ++step) {
    EXPECT_EQ(ring.lines().index[step].position.load(), step * 1024);
    EXPECT_EQ(ring.lines().index[step].messages.load(), step * 4);
    EXPECT_EQ(ring.lines().index[step].bytes.load(), step * 800);
  }
  EXPECT_EQ(ring.lines().index[6].position.load(), kNowhere);
  EXPECT_EQ(ring.lines().index[7].position.load(), kNowhere);
  EXPECT_EQ(ring.lines().index[8].position.load(), 8192U);
  EXPECT_EQ(ring.lines().index[8].messages.load(), 21U);
}

TEST(Index, finds_the_boundaries_nearest_to_a_position) {
  PlainRing ring;
  Index index(&ring.lines(), ring.capacity());
  for (auto& entry : ring.lines().index) entry.position.store(kNowhere);
  const Place places[] = {{1088, 10}, {5184, 20}, {66'000 / 64 * 64, 30}};
  for (const Place& place : places) index.write(place);
  const Position tail = 70'000;
  const auto found = [](const std::optional<Place>& place) { return place ? place->messages : 0; };
  EXPECT_EQ(found(index.first_at_or_above(0, tail)), 10U);
  EXPECT_EQ(found(index.first_at_or_above(1088, tail)), 10U);
  EXPECT_EQ(found(index.first_at_or_above(1089, tail)), 20U);
  EXPECT_EQ(found(index.first_at_or_above(5184, 5184)), 20U);
  EXPECT_EQ(found(index.first_at_or_above(1089, 5183)), 0U);
  EXPECT_EQ(found(index.first_at_or_above(5185, tail)), 30U);
  EXPECT_EQ(found(index.first_at_or_above(66'001, tail)), 0U);
  EXPECT_EQ(found(index.first_at_or_above(tail + 1, tail)), 0U);
  EXPECT_EQ(found(index.last_at_or_below(tail, 4500)), 30U);
  EXPECT_EQ(found(index.last_at_or_below(65'983, 4500)), 20U);
  EXPECT_EQ(found(index.last_at_or_below(5184, 0)), 20U);
  EXPECT_EQ(found(index.last_at_or_below(5183, 0)), 10U);
  EXPECT_EQ(found(index.last_at_or_below(5183, 1088)), 10U);
  EXPECT_EQ(found(index.last_at_or_below(5183, 1089)), 0U);
  EXPECT_EQ(found(index.last_at_or_below(1087, 0)), 0U);
  EXPECT_EQ(found(index.last_at_or_below(5, 6)), 0U);
}

TEST(Index, takes_no_entry_that_is_torn_or_of_another_step) {
  PlainRing ring;
  Index index(&ring.lines(), ring.capacity());
  const auto found = [&](Position entry) {
    for (auto& each : ring.lines().index) each.position.store(kNowhere);
    ring.lines().index[1].position.store(entry);
    return index.first_at_or_above(1024, 2000).has_value() || index.last_at_or_below(2000, 1024).has_value();
  };
  EXPECT_TRUE(found(1024));
  EXPECT_TRUE(found(1984));
  for (const Position wrong :
       {kNowhere, Position{0}, Position{1023}, Position{2048}, 1024 + kIndexEntries * ring.step()}) {
    EXPECT_FALSE(found(wrong)) << wrong;
  }
}

TEST(Index, a_reader_never_takes_one_message_count_for_another) {
  using Ring = PlainRing<HookedMemory>;
  Ring ring;
  Index<HookedMemory> index(&ring.lines(), ring.capacity());
  // In the entry of the old one.
  const Position next = 1024 + kIndexEntries * ring.step();
  const auto write_old = [&] { index.write({1024, 100, 1000}); };
  const auto write_new = [&] { index.write({next, 200, 2000}); };
  const auto check = [&](const std::optional<Place>& place, int n) {
    if (place) {
      EXPECT_EQ(place->position, place->messages == 100 ? 1024 : next) << n;
      EXPECT_EQ(place->bytes, place->messages * 10) << n;
    }
  };
  for (const Position from : {Position{1024}, next}) {
    const auto read = [&] { return index.first_at_or_above(from, from + 500); };
    write_old();
    const int reads = accesses_of([&] { (void)read(); });
    for (int n = 0; n < reads; ++n) {
      write_old();
      std::optional<Place> place;
      intrude(
          n, [&] { place = read(); }, write_new);
      check(place, n);
    }
    const int writes = accesses_of(write_new);
    for (int n = 0; n < writes; ++n) {
      write_old();
      intrude(n, write_new, [&] { check(read(), n); });
    }
  }
}

TEST(Index, cut_above_the_tail_keeps_what_is_at_it) {
  PlainRing ring;
  Index index(&ring.lines(), ring.capacity());
  for (auto& entry : ring.lines().index) entry.position.store(kNowhere);
  index.write({1024, 1});
  index.write({2048, 2});
  index.write({3072, 3});
  index.cut_above(2048);
  EXPECT_TRUE(index.knows_step_of(1024));
  EXPECT_TRUE(index.knows_step_of(2048));
  EXPECT_FALSE(index.knows_step_of(3072));
}

TEST(Index, a_search_over_garbage_is_bounded) {
  PlainRing ring;
  const Index index(&ring.lines(), ring.capacity());
  std::uint64_t state = 3;
  for (int i = 0; i < 10'000; ++i) {
    for (auto& entry : ring.lines().index) entry.position.store(mix(state));
    const auto up = index.first_at_or_above(mix(state) >> 1, kNowhere);
    if (up) {
      EXPECT_NE(up->position, kNowhere);
    }
    (void)index.last_at_or_below(kNowhere, 0);
  }
}

// --- the newest place

TEST(Newest, is_walked_to_from_the_last_entry_below_the_tail) {
  PlainRing ring;
  auto producer = first_producer(ring);
  std::uint64_t bytes = 0;
  for (std::uint64_t count = 0; count < 300; ++count) {
    const auto now = newest(ring.ring());
    ASSERT_TRUE(now);
    EXPECT_EQ(numbers(*now), numbers({producer.position(), count}));
    EXPECT_EQ(now->bytes, bytes);
    const std::size_t length = count * 37 % 3000;
    ASSERT_TRUE(publish(producer, pattern(count, length)));
    bytes += length;
  }
  // What a batch notes before it is committed stands above the tail.
  ASSERT_TRUE(producer.refresh_limit(8192));
  algorithm::Producer<>::Batch batch(producer);
  for (int i = 0; i < 5; ++i) batch.add(pattern(0, 1000), 0);
  EXPECT_EQ(newest(ring.ring())->messages, 300U);
  ring.lines().index[producer.position() / ring.step() % kIndexEntries].position.store(kNowhere);
  EXPECT_EQ(newest(ring.ring())->messages, 300U);
  EXPECT_EQ(newest(ring.ring())->bytes, bytes);
}

// The limit is as far as a consumer at the tail allows: what the last entry names may be overwritten from now on.
TEST(Newest, is_known_though_the_limit_has_left_the_last_entry_behind) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  while (producer.position() != ring.capacity() - 512) ASSERT_TRUE(publish_some(producer, 1));
  ASSERT_TRUE(drain(consumer.reader));
  ASSERT_TRUE(producer.refresh_limit(ring.capacity() / 2));
  ASSERT_EQ(producer.limit(), producer.position() + ring.capacity());
  ASSERT_TRUE(newest(ring.ring()));
  EXPECT_EQ(newest(ring.ring())->messages, producer.messages());
  // It was not the limit that vouched for it.
  EXPECT_FALSE(algorithm::spared(ring.ring(), producer.position() - 512));
}

TEST(Newest, is_known_after_the_largest_message) {
  PlainRing ring;
  auto producer = first_producer(ring);
  for (std::uint64_t count = 1; count < 10; ++count) {
    ASSERT_TRUE(publish(producer, pattern(0, producer.max_length())));
    ASSERT_TRUE(newest(ring.ring()));
    EXPECT_EQ(newest(ring.ring())->messages, count);
  }
}

// A small message, and one of nearly half the ring behind it in the same step, that made the limit move.
TEST(Newest, is_known_though_the_last_entry_is_half_a_ring_away_and_below_the_floor) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1));
  ASSERT_TRUE(drain(consumer.reader));
  ASSERT_TRUE(publish(producer, pattern(0, producer.max_length())));
  ASSERT_GT(producer.floor(), 0U);
  const auto known = [&] { return newest(ring.ring()); };
  ASSERT_TRUE(known());
  EXPECT_EQ(numbers(*known()), numbers({producer.position(), 2}));
  EXPECT_TRUE(Attached(ring, Start::oldest()).begun);
}

// The producer notes its next message, and the limit that it needs for it leaves behind the entry that was found.
TEST(Newest, is_found_though_the_next_message_is_noted_meanwhile) {
  PlainRing<HookedMemory> ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 1, producer.max_length()));
  const Position tail = producer.position();
  std::optional<algorithm::Place> found;
  intrude_at(
      Access::kLoad, &ring.lines().limit, [&] { found = newest(ring.ring()); },
      [&] { ASSERT_NE(claim(producer, producer.max_length()), nullptr); });
  ASSERT_TRUE(found);
  EXPECT_EQ(numbers(*found), numbers({tail, 1}));
  EXPECT_GT(producer.limit(), ring.capacity());  // above the entry at 0
}

TEST(Newest, is_found_though_the_first_entry_comes_meanwhile) {
  int accesses = 1;
  int found = 0;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring;
    auto producer = first_producer(ring);
    ASSERT_TRUE(publish_some(producer, 3));
    auto& entry = ring.lines().index[0].position;
    entry.store(kNowhere);
    accesses = accesses_of([&] { EXPECT_FALSE(newest(ring.ring())); });
    intrude(
        n, [&] { found += newest(ring.ring()).has_value() ? 1 : 0; }, [&] { entry.store(0); });
  }
  EXPECT_GE(found, accesses / 2);
}

TEST(Newest, is_nothing_when_the_producer_never_stands_still) {
  PlainRing<HookedMemory> ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  const HookedMemory::Scope scope([&](Access, const volatile void* word) {
    if (word == &ring.lines().limit) {
      ASSERT_TRUE(publish_until(producer, producer.position() + 2 * ring.capacity(), 8000));
    }
  });
  EXPECT_FALSE(newest(ring.ring()));
}

TEST(Newest, is_nothing_if_no_entry_leads_to_the_tail) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 3));
  const Image good = ring.image();
  const auto unknown = [&](const char* what, auto&& spoil) {
    ring.restore(good);
    spoil();
    EXPECT_FALSE(newest(ring.ring())) << what;
  };
  unknown("a tail far away", [&] { ring.lines().tail.store(123'456); });
  unknown("a tail that nothing is at", [&] { ring.lines().tail.store(256); });
  unknown("a tail inside a message", [&] { ring.lines().tail.store(100); });
  unknown("no entry", [&] { ring.lines().index[0].position.store(kNowhere); });
  unknown("an entry inside a message", [&] { ring.lines().index[0].position.store(16); });
  unknown("a broken tag", [&] { ring.set_tag(64, 1); });
  unknown("a broken length", [&] { ring.ring().header_at(64)->length_and_type.store(ring.capacity()); });
}

TEST(Newest, is_of_one_moment_whatever_the_producer_does_meanwhile) {
  for (int published = 1; published <= 3; ++published) {
    int accesses = 1;
    for (int n = 0; n < accesses; ++n) {
      PlainRing<HookedMemory> ring;
      auto producer = first_producer(ring);
      ASSERT_TRUE(publish_some(producer, 5, 10));
      const auto look = [&] {
        const auto now = newest(ring.ring());
        ASSERT_TRUE(now);
        EXPECT_EQ(now->position, now->messages * 64);
        EXPECT_EQ(now->bytes, now->messages * 10);
      };
      accesses = accesses_of(look);
      intrude(n, look, [&] { EXPECT_TRUE(publish_some(producer, published, 10)); });
    }
    EXPECT_GT(accesses, 3);
  }
}

// Between the walk's look at a tag and at the length behind it the producer comes round, and writes there a message that
// reaches just up to the old tail.
TEST(Newest, is_never_walked_to_over_what_was_overwritten) {
  int accesses = 1;
  for (int n = 0; n < accesses; ++n) {
    PlainRing<HookedMemory> ring(kMinCapacity, Policy::kOverwrite);
    auto producer = first_producer(ring);
    ASSERT_TRUE(publish_some(producer, 10));
    std::uint64_t expected = 10;
    const auto look = [&] {
      const auto now = newest(ring.ring());
      ASSERT_TRUE(now);
      EXPECT_TRUE(now->messages == 10 || now->messages == expected) << now->messages;
      EXPECT_EQ(now->position, now->messages == 10 ? 640U : producer.position());
    };
    accesses = accesses_of(look);
    intrude(n, look, [&] {
      ASSERT_TRUE(publish_until(producer, ring.capacity()));
      ASSERT_TRUE(publish(producer, pattern(0, 640 - 16)));
      expected = producer.messages();
    });
  }
  EXPECT_GT(accesses, 20);
}

TEST(Newest, is_found_before_any_access_of_a_producer_that_publishes) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  const int accesses = accesses_of([&] { ASSERT_TRUE(publish_some(producer, 1, 10)); });
  for (int n = 0; n < accesses; ++n) {
    intrude(
        n, [&] { ASSERT_TRUE(publish_some(producer, 1, 10)); },
        [&] {
          const auto now = newest(ring.ring());
          ASSERT_TRUE(now);
          EXPECT_EQ(now->position, now->messages * 64);
          EXPECT_EQ(now->bytes, now->messages * 10);
        });
  }
}

}  // namespace
}  // namespace ringmain::testing
