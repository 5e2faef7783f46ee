// The index and the checkpoints: how many messages stand before a position.
// SPDX-License-Identifier: MIT
#include "ringmain/algorithm/index.hpp"

#include <gtest/gtest.h>

#include "support/hooked_memory.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

using algorithm::Index;
using algorithm::kIndexEntries;
using algorithm::newest;
using algorithm::Place;

std::pair<Position, std::uint64_t> numbers(const Place& place) { return {place.position, place.messages}; }

TEST(Index, has_an_entry_for_each_64th_of_the_ring) {
  PlainRing ring;
  const Index index(&ring.lines(), ring.capacity());
  EXPECT_EQ(index.step_of(0), 0U);
  EXPECT_EQ(index.step_of(1023), 0U);
  EXPECT_EQ(index.step_of(1024), 1U);
  EXPECT_EQ(index.start_of(3), 3072U);
  const Index large(&ring.lines(), std::uint64_t{1} << 40);
  EXPECT_EQ(large.step_of((std::uint64_t{1} << 34) - 1), 0U);
  EXPECT_EQ(large.start_of(1), std::uint64_t{1} << 34);
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
  for (const Position wrong : {kNowhere, Position{0}, Position{1023}, Position{2048}, 1024 + ring.capacity()}) {
    EXPECT_FALSE(found(wrong)) << wrong;
  }
}

TEST(Index, a_reader_never_takes_one_message_count_for_another) {
  using Ring = PlainRing<HookedMemory>;
  Ring ring;
  Index<HookedMemory> index(&ring.lines(), ring.capacity());
  const auto write_old = [&] { index.write({1024, 100}); };
  const auto write_new = [&] { index.write({1024 + ring.capacity(), 200}); };
  const auto check = [&](const std::optional<Place>& place, int n) {
    if (place) {
      EXPECT_EQ(place->position, place->messages == 100 ? 1024 : 1024 + ring.capacity()) << n;
    }
  };
  for (const Position from : {Position{1024}, 1024 + ring.capacity()}) {
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

TEST(Newest, is_told_by_the_checkpoint_that_names_the_tail) {
  PlainRing ring;
  auto& lines = ring.lines();
  lines.tail.store(640);
  for (std::size_t truth = 0; truth < 2; ++truth) {
    for (const Position other : {Position{576}, Position{704}, Position{0}, kNowhere}) {
      lines.checkpoints[truth].position.store(640);
      lines.checkpoints[truth].messages.store(10);
      lines.checkpoints[truth].bytes.store(100);
      lines.checkpoints[1 - truth].position.store(other);
      lines.checkpoints[1 - truth].messages.store(99);
      const auto now = newest(lines);
      ASSERT_TRUE(now);
      EXPECT_EQ(numbers(now->place), numbers({640, 10}));
      EXPECT_EQ(now->bytes, 100U);
    }
  }
}

TEST(Newest, is_nothing_if_the_checkpoints_never_agree_with_the_tail) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 3));
  ring.lines().tail.store(123'456);
  EXPECT_FALSE(newest(ring.lines()));
}

TEST(Newest, is_of_one_moment_whatever_the_producer_does_meanwhile) {
  for (int published = 1; published <= 3; ++published) {
    int accesses = 1;
    for (int n = 0; n < accesses; ++n) {
      PlainRing<HookedMemory> ring;
      auto producer = first_producer(ring);
      ASSERT_TRUE(publish_some(producer, 5, 10));
      const auto look = [&] {
        const auto now = newest(ring.lines());
        ASSERT_TRUE(now);
        EXPECT_EQ(now->place.position, now->place.messages * 64);
        EXPECT_EQ(now->bytes, now->place.messages * 10);
      };
      accesses = accesses_of(look);
      intrude(n, look, [&] { EXPECT_TRUE(publish_some(producer, published, 10)); });
    }
    EXPECT_GT(accesses, 3);
  }
}

TEST(Newest, is_found_before_any_access_of_a_producer_that_publishes) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  const int accesses = accesses_of([&] { ASSERT_TRUE(publish_some(producer, 1, 10)); });
  for (int n = 0; n < accesses; ++n) {
    intrude(
        n, [&] { ASSERT_TRUE(publish_some(producer, 1, 10)); },
        [&] {
          const auto now = newest(ring.lines());
          ASSERT_TRUE(now);
          EXPECT_EQ(now->place.position, now->place.messages * 64);
          EXPECT_EQ(now->bytes, now->place.messages * 10);
        });
  }
}

}  // namespace
}  // namespace ringmain::testing
