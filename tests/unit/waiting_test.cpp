// Waiting on several rings, and on a descriptor: what ends a wait, and what doesn't.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <memory>
#include <thread>

#include "io_uring.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::testing {

namespace {

constexpr std::array<std::byte, 5> kPayload{};

struct Pair {
  Producer producer = Producer::create_unnamed({.capacity = std::size_t{64} << 10});
  Consumer consumer = Consumer::attach(producer.descriptors(), {.spin = std::chrono::nanoseconds{0}});
};

bool readable(int descriptor, int timeout_ms) {
  pollfd watched{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&watched, 1, timeout_ms) == 1 && (watched.revents & POLLIN) != 0;
}

}  // namespace

TEST(WaitAny, names_the_ring_that_has_a_message) {
  std::array<Pair, 3> rings;
  std::array<Consumer*, 3> consumers{&rings[0].consumer, &rings[1].consumer, &rings[2].consumer};
  EXPECT_EQ(wait_any(consumers, std::chrono::milliseconds(1)), std::nullopt);
  ASSERT_EQ(rings[1].producer.publish(kPayload), Status::kOk);
  EXPECT_EQ(wait_any(consumers), std::optional<std::size_t>(1));
  EXPECT_EQ(rings[1].consumer.try_receive().bytes().size(), kPayload.size());
}

TEST(WaitAny, sleeps_until_any_ring_rings) {
  std::array<Pair, 2> rings;
  std::array<Consumer*, 2> consumers{&rings[0].consumer, &rings[1].consumer};
  std::thread late([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ASSERT_EQ(rings[1].producer.publish(kPayload), Status::kOk);
  });
  EXPECT_EQ(wait_any(consumers), std::optional<std::size_t>(1));
  late.join();
}

TEST(WaitAny, names_a_ring_that_ended) {
  std::array<Pair, 2> rings;
  std::array<Consumer*, 2> consumers{&rings[0].consumer, &rings[1].consumer};
  rings[0].producer.close();
  EXPECT_EQ(wait_any(consumers), std::optional<std::size_t>(0));
  EXPECT_EQ(rings[0].consumer.try_receive().status(), Status::kEnd);
}

TEST(WaitAny, of_nothing_returns) { EXPECT_EQ(wait_any({}), std::nullopt); }

TEST(Readiness, doesnt_arm_while_there_is_a_message) {
  Pair ring;
  Readiness readiness(ring.consumer);
  ASSERT_EQ(ring.producer.publish(kPayload), Status::kOk);
  EXPECT_FALSE(readiness.arm());
  EXPECT_TRUE(ring.consumer.try_receive());
  EXPECT_TRUE(readiness.arm());
}

TEST(Readiness, wakes_a_poll_for_every_message) {
  Pair ring;
  Readiness readiness(ring.consumer);
  constexpr std::uint64_t kMessages = 200;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < kMessages; ++i) {
      ASSERT_EQ(ring.producer.publish(kPayload), Status::kOk);
      if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ring.producer.close();
  });
  std::uint64_t received = 0;
  std::uint64_t polls = 0;
  for (;;) {
    const Message message = ring.consumer.try_receive();
    if (message) {
      ++received;
    } else if (message.status() != Status::kEmpty) {
      EXPECT_EQ(message.status(), Status::kEnd);
      break;
    } else if (readiness.arm()) {
      ++polls;
      ASSERT_TRUE(readable(readiness.descriptor(), 10'000));
    }
  }
  producer.join();
  EXPECT_EQ(received, kMessages);
  EXPECT_GT(polls, 5U);
}

TEST(Readiness, looks_up_now_and_then_without_a_bell) {
  Pair ring;
  Readiness readiness(ring.consumer);
  ASSERT_TRUE(readiness.arm());
  EXPECT_FALSE(readable(readiness.descriptor(), 0));
  EXPECT_TRUE(readable(readiness.descriptor(), 10'000));
  ASSERT_TRUE(readiness.arm());
  EXPECT_FALSE(readable(readiness.descriptor(), 0));
}

TEST(FutexUring, is_there_on_kernels_that_have_it) {
  const auto uring = FutexUring::open();
  if (!uring) GTEST_SKIP() << "this kernel has no io_uring that waits on futexes (before 6.7, or forbidden)";
  std::atomic<std::uint32_t> bell{7};
  EXPECT_TRUE(uring->watch({&bell, 7}, std::chrono::seconds(10)));
  EXPECT_FALSE(readable(uring->descriptor(), 0));
  bell.store(8);
  futex_wake_all(bell);
  EXPECT_TRUE(readable(uring->descriptor(), 10'000));
  EXPECT_TRUE(uring->watch({&bell, 7}, std::chrono::seconds(10)));  // it has changed already
  EXPECT_TRUE(readable(uring->descriptor(), 10'000));
}

}  // namespace ringmain::testing
