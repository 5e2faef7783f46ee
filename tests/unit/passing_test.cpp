// One consumer that holds many messages: passed one by one, given back below a position.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "segment.hpp"
#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"
#include "support/scale.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

using Held = std::pair<Position, std::span<const std::byte>>;

// Passes the next message: where it is, and its bytes, which stay there.
template <class Memory>
Held pass_one(Reader<Memory>& reader) {
  if (reader.examine() != Status::kOk) throw std::runtime_error("no message to pass");
  const Held held{reader.position(), reader.bytes()};
  reader.pass();
  return held;
}

bool intact(const Held& held) {
  const Bytes right = pattern(held.first, held.second.size());
  return std::equal(right.begin(), right.end(), held.second.begin(), held.second.end());
}

TEST(Passing, holds_the_producer_and_exactly_so_far) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1023));  // all but the spare slot
  std::array<Held, 10> held;
  for (Held& message : held) message = pass_one(consumer.reader);
  EXPECT_EQ(consumer.reader.position(), 640U);
  EXPECT_EQ(consumer.own().cursor.load(), 0U);
  for (std::size_t given_back = 1; given_back <= held.size(); ++given_back) {
    EXPECT_FALSE(publish_some(producer, 1));
    for (std::size_t i = given_back - 1; i < held.size(); ++i) EXPECT_TRUE(intact(held[i])) << i;
    EXPECT_FALSE(consumer.reader.release_below(64 * given_back));
    EXPECT_TRUE(publish_some(producer, 1)) << given_back;
  }
  EXPECT_FALSE(publish_some(producer, 1));
  EXPECT_EQ(drain(consumer.reader), 1023U);
}

TEST(Passing, leaves_the_order_of_giving_back_to_the_caller) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  std::map<Position, std::span<const std::byte>> held;
  std::uint64_t lot = 3;
  for (int turn = 0; turn < 20'000; ++turn) {
    (void)publish_some(producer, 1, mix(lot) % 1000);  // the ring may be full
    if (consumer.reader.look()) held.insert(pass_one(consumer.reader));
    if (held.size() > 20 || (!held.empty() && mix(lot) % 2 == 0)) {
      const auto any = std::next(held.begin(), static_cast<std::ptrdiff_t>(mix(lot) % held.size()));
      ASSERT_TRUE(intact(*any)) << turn;
      held.erase(any);
      const Position lowest = held.empty() ? consumer.reader.position() : held.begin()->first;
      (void)consumer.reader.release_below(lowest);
      ASSERT_EQ(consumer.own().cursor.load(), lowest);
    }
  }
  EXPECT_GT(producer.position(), 20 * ring.capacity());
}

TEST(Passing, gives_nothing_back_twice_nor_moves_back) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 5));
  for (int i = 0; i < 4; ++i) (void)pass_one(consumer.reader);
  ring.lines().room_wanted.store(128);
  EXPECT_TRUE(consumer.reader.release_below(128));
  for (const Position position : {Position{128}, Position{64}, Position{0}}) {
    EXPECT_FALSE(consumer.reader.release_below(position));
    EXPECT_EQ(consumer.own().cursor.load(), 128U);
  }
}

TEST(Passing, without_a_message_passes_nothing) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  consumer.reader.pass();
  EXPECT_EQ(consumer.reader.position(), 0U);
  ASSERT_TRUE(publish_some(producer, 2));
  (void)pass_one(consumer.reader);
  consumer.reader.pass();
  EXPECT_EQ(consumer.reader.position(), 64U);
  EXPECT_FALSE(consumer.reader.release());
  EXPECT_EQ(consumer.own().cursor.load(), 0U);
}

TEST(Passing, starts_where_the_consumer_does) {
  PlainRing ring;
  auto producer = first_producer(ring);
  ASSERT_TRUE(publish_some(producer, 10));
  Attached consumer(ring, Start::at(5 * 64));
  EXPECT_FALSE(consumer.reader.release_below(64));
  EXPECT_EQ(consumer.own().cursor.load(), 5 * 64U);
  (void)pass_one(consumer.reader);
  EXPECT_FALSE(consumer.reader.release_below(6 * 64));
  EXPECT_EQ(consumer.own().cursor.load(), 6 * 64U);
}

TEST(Passing, is_not_for_the_member_of_a_group) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached member(ring, "group");
  ASSERT_TRUE(publish_some(producer, 2));
  ASSERT_EQ(member.reader.examine(), Status::kOk);
  member.reader.pass();
  EXPECT_TRUE(member.reader.holds());
  EXPECT_EQ(member.own().cursor.load(), 0U);
  EXPECT_FALSE(member.reader.release_below(64));
  EXPECT_EQ(member.own().cursor.load(), 0U);
  ASSERT_EQ(member.reader.examine(), Status::kOk);
  EXPECT_TRUE(borrowed(member.reader).matches(0));  // the same again
  EXPECT_EQ(drain(member.reader), 2U);
}

// --- the bell

TEST(Passing, reports_the_giving_back_that_makes_the_room_wanted) {
  for (const auto& [wanted, at] : {std::pair<Position, Position>{1280, 1280}, {1281, 1408}, {1344, 1408}, {1, 128}}) {
    PlainRing ring;
    auto producer = first_producer(ring);
    Attached consumer(ring);
    ASSERT_TRUE(publish_some(producer, 100, 100));  // of 128 bytes each
    for (int i = 0; i < 100; ++i) (void)pass_one(consumer.reader);
    ring.lines().room_wanted.store(wanted);
    for (Position position = 128; position <= 12'800; position += 128) {
      EXPECT_EQ(consumer.reader.release_below(position), position == at) << wanted;
    }
  }
}

// Who goes to sleep tells the producer; but he may do so in one thread, and another gives back later.
TEST(Passing, reports_less_room_than_is_wanted_while_somebody_sleeps) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 3));
  for (int i = 0; i < 3; ++i) (void)pass_one(consumer.reader);
  ring.area().sleepers.store(1);
  EXPECT_FALSE(consumer.reader.release_below(64)) << "the producer doesn't wait";
  ring.lines().room_wanted.store(6400);
  EXPECT_TRUE(consumer.reader.release_below(128));
  ring.area().sleepers.store(0);
  EXPECT_FALSE(consumer.reader.release_below(192));
}

TEST(Passing, sees_the_room_wanted_only_after_its_cursor_is_told) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 1));
  (void)pass_one(consumer.reader);
  intrude_at(
      Access::kLoad, &ring.lines().room_wanted, [&] { EXPECT_FALSE(consumer.reader.release_below(64)); },
      [&] { EXPECT_EQ(consumer.own().cursor.load(), 64U); });
}

TEST(Passing, that_must_fence_for_itself_does_so_before_it_looks_for_a_wish) {
  PlainRing<HookedMemory> ring;
  auto producer = first_producer(ring);
  const Attached line(ring);
  Reader<HookedMemory> reader(ring.ring(), &line.own().cursor, nullptr, /*fenced=*/true);
  ASSERT_TRUE(reader.begin(Start::oldest()));
  ASSERT_TRUE(publish_some(producer, 1));
  (void)pass_one(reader);
  ring.lines().room_wanted.store(64);
  std::vector<Access> accesses;
  const HookedMemory::Scope scope([&](Access access, const volatile void* word) {
    if (access == Access::kFullFence || word == &ring.lines().room_wanted) accesses.push_back(access);
  });
  EXPECT_TRUE(reader.release_below(64));
  EXPECT_EQ(accesses, (std::vector<Access>{Access::kFullFence, Access::kLoad}));
}

TEST(Passing, of_a_spectator_asks_for_no_bell) {
  PlainRing ring;
  auto producer = first_producer(ring);
  std::atomic<std::uint64_t> cursor{kNowhere};
  Reader<> reader(ring.spectated(), &cursor, nullptr, false);
  ASSERT_TRUE(reader.begin(Start::oldest()));
  ASSERT_TRUE(publish_some(producer, 2));
  ring.lines().room_wanted.store(64);
  ring.area().sleepers.store(1);
  (void)pass_one(reader);
  const Image before = ring.image();
  EXPECT_FALSE(reader.release_below(64));
  EXPECT_EQ(ring.image(), before);
}

TEST(Passing, after_a_fork_touches_nothing) {
  PlainRing ring;
  PlainRing blank;
  std::atomic<std::uint64_t> cursor{0};
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 2));
  (void)pass_one(consumer.reader);
  const Image before = ring.image();
  consumer.reader.defuse(blank.ring(), &cursor);
  consumer.reader.pass();
  EXPECT_FALSE(consumer.reader.release_below(64));
  EXPECT_EQ(ring.image(), before);
}

// --- on a ring that overwrites

TEST(Passing, doesnt_hold_a_producer_that_overwrites_but_tells) {
  PlainRing ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 60));
  for (int i = 0; i < 40; ++i) (void)pass_one(consumer.reader);
  ASSERT_TRUE(publish_until(producer, ring.capacity() + 256));
  const Position floor = producer.floor();
  ASSERT_GT(floor, 0U);
  ASSERT_LT(floor, 2560U);
  for (Position position = 0; position < 2560; position += 64) {
    EXPECT_EQ(consumer.reader.still_valid(position), position >= floor) << position;
  }
  EXPECT_EQ(pass_one(consumer.reader).first, 2560U);  // what it hasn't received is there still
  EXPECT_EQ(consumer.reader.lost(), 0U);
}

TEST(Passing, when_lapped_loses_what_it_had_not_received_and_nothing_else) {
  PlainRing ring(kMinCapacity, Policy::kOverwrite);
  auto producer = first_producer(ring);
  Attached consumer(ring);
  ASSERT_TRUE(publish_some(producer, 3));
  for (int i = 0; i < 3; ++i) (void)pass_one(consumer.reader);
  ASSERT_TRUE(publish_until(producer, 3 * ring.capacity()));
  ASSERT_EQ(consumer.reader.examine(), Status::kOk);
  const Position at = consumer.reader.position();
  EXPECT_EQ(consumer.reader.lost(), at / 64 - 3);
  EXPECT_FALSE(consumer.reader.still_valid(128));
  EXPECT_TRUE(consumer.reader.still_valid(at));

  EXPECT_EQ(consumer.own().cursor.load(), at);
  for (const Position old : {Position{64}, Position{192}, at}) {
    EXPECT_FALSE(consumer.reader.release_below(old));
    EXPECT_EQ(consumer.own().cursor.load(), at);  // a late return of what is gone doesn't take it back
  }
  EXPECT_TRUE(intact(pass_one(consumer.reader)));
  EXPECT_FALSE(consumer.reader.release_below(at + 64));
  EXPECT_EQ(consumer.own().cursor.load(), at + 64);
}

// --- how much is left

TEST(Lag, is_what_was_not_received) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached consumer(ring);
  EXPECT_EQ(consumer.reader.lag(), 0U);
  ASSERT_TRUE(publish_some(producer, 3, 100));
  EXPECT_EQ(consumer.reader.lag(), 384U);
  (void)pass_one(consumer.reader);
  EXPECT_EQ(consumer.reader.lag(), 256U);  // passed is received
  ASSERT_TRUE(consumer.reader.look());
  EXPECT_EQ(consumer.reader.lag(), 256U);  // borrowed isn't
  (void)consumer.reader.release();
  EXPECT_EQ(consumer.reader.lag(), 128U);
  ring.lines().tail.store(0);  // of a producer that lies
  EXPECT_EQ(consumer.reader.lag(), 0U);
}

TEST(Lag, of_a_member_is_its_groups) {
  PlainRing ring;
  auto producer = first_producer(ring);
  Attached one(ring, "group");
  const Attached other(ring, "group");
  ASSERT_TRUE(publish_some(producer, 3));
  EXPECT_EQ(other.reader.lag(), 192U);
  ASSERT_EQ(one.reader.examine(), Status::kOk);
  EXPECT_EQ(other.reader.lag(), 128U);
  one.head().store(kNowhere);
  EXPECT_EQ(other.reader.lag(), 0U);
}

// --- by the handles

class PassingTest : public ::testing::Test {
 protected:
  void publish(std::uint64_t number) {
    ASSERT_EQ(producer_.try_publish(std::as_bytes(std::span(&number, 1))), Status::kOk);
  }
  static std::uint64_t number_in(std::span<const std::byte> bytes) {
    std::uint64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof number);
    return number;
  }

  TemporaryDirectory directory_;
  ringmain::Producer producer_ =
      ringmain::Producer::create("ring", {.directory = directory_.path(), .capacity = kMinCapacity});
  Consumer consumer_ = Consumer::attach("ring", {.directory = directory_.path()});
};

TEST_F(PassingTest, what_was_passed_stays_where_it_is) {
  std::vector<std::span<const std::byte>> held;
  for (std::uint64_t number = 0; number < 1023; ++number) publish(number);
  for (int i = 0; i < 1023; ++i) {
    Message message = consumer_.try_receive();
    held.push_back(message.bytes());
    message.pass();
    EXPECT_FALSE(message);
    message.release();  // does nothing any more
  }
  EXPECT_EQ(consumer_.lag_bytes(), 0U);
  EXPECT_EQ(consumer_.try_receive().status(), Status::kEmpty);
  EXPECT_EQ(producer_.try_publish({}), Status::kNoRoom);
  for (std::uint64_t number = 0; number < held.size(); ++number) EXPECT_EQ(number_in(held[number]), number);
  EXPECT_TRUE(consumer_.still_valid(0));
  consumer_.release_below(consumer_.position());
  for (std::uint64_t number = 0; number < 1023; ++number) publish(number);
  EXPECT_EQ(consumer_.lag_bytes(), 1023U * 64);
}

TEST_F(PassingTest, who_leaves_gives_everything_back) {
  for (std::uint64_t number = 0; number < 1023; ++number) publish(number);
  for (int i = 0; i < 100; ++i) consumer_.try_receive().pass();
  EXPECT_EQ(producer_.try_publish({}), Status::kNoRoom);
  { const Consumer gone = std::move(consumer_); }
  EXPECT_EQ(producer_.try_publish({}), Status::kOk);
}

TEST_F(PassingTest, the_room_bell_rings_for_who_waits) {
  const Segment segment = Segment::open("ring", directory_.path(), ringmain::Access::kProduce);
  auto& area = *segment.consumers();
  for (std::uint64_t number = 0; number < 4; ++number) {
    publish(number);
    consumer_.try_receive().pass();
  }
  const std::uint32_t before = area.room_bell.load();
  consumer_.release_below(64);
  EXPECT_EQ(area.room_bell.load(), before);
  segment.producer().room_wanted.store(128);
  consumer_.release_below(128);
  EXPECT_EQ(area.room_bell.load(), before + 1);
  segment.producer().room_wanted.store(6400);
  consumer_.release_below(192);
  EXPECT_EQ(area.room_bell.load(), before + 1) << "it will be told when the consumer goes to sleep";
  area.sleepers.store(1);
  consumer_.release_below(256);
  EXPECT_EQ(area.room_bell.load(), before + 2) << "the thread that receives sleeps already";
}

// One thread receives and passes, another gives back, in another order.
class TwoThreads : public ::testing::TestWithParam<Policy> {};

TEST_P(TwoThreads, receive_and_give_back) {
  constexpr std::uint64_t kMessages = scaled(100'000U);
  auto producer = ringmain::Producer::create_unnamed(
      {.capacity = kMinCapacity, .policy = GetParam(), .spin = std::chrono::nanoseconds{0}});
  auto consumer = Consumer::attach(producer.descriptors(), {.spin = std::chrono::nanoseconds{0}});
  std::thread publisher([&] {
    for (std::uint64_t number = 0; number < kMessages; ++number) {
      const Bytes bytes = pattern(producer.position(), number % 700);
      EXPECT_EQ(producer.publish(bytes), Status::kOk);
    }
    producer.close();
  });

  std::mutex mutex;
  std::map<Position, std::span<const std::byte>> held;
  Position received = 0;  // all below was
  bool ended = false;
  std::uint64_t good = 0;
  std::uint64_t gone = 0;
  std::thread other([&] {
    std::uint64_t lot = 5;
    for (;;) {
      const std::lock_guard lock(mutex);
      if (held.empty() && ended) return;
      if (held.empty()) continue;
      const auto any = std::next(held.begin(), static_cast<std::ptrdiff_t>(mix(lot) % held.size()));
      if (GetParam() == Policy::kWait) {
        EXPECT_TRUE(intact(*any));
      }
      ++(consumer.still_valid(any->first) ? good : gone);
      held.erase(any);
      consumer.release_below(held.empty() ? received : held.begin()->first);
    }
  });
  for (;;) {
    Message message = consumer.receive();
    const std::lock_guard lock(mutex);
    ended = !message;
    if (ended) break;
    held[message.position()] = message.bytes();
    received = message.position() + extent_of(message.bytes().size());
    message.pass();
  }
  publisher.join();
  other.join();
  EXPECT_EQ(good + gone + consumer.lost(), kMessages);
  if (GetParam() == Policy::kWait) {
    EXPECT_EQ(good, kMessages);
  }
}

INSTANTIATE_TEST_SUITE_P(Passing, TwoThreads, ::testing::Values(Policy::kWait, Policy::kOverwrite),
                         [](const auto& policy) { return policy.param == Policy::kWait ? "Waits" : "Overwrites"; });

}  // namespace
}  // namespace ringmain::testing
