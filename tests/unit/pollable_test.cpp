// Waiting on a descriptor, and in an io_uring of one's own.
// SPDX-License-Identifier: MIT
#include "ringmain/pollable.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <cerrno>
#include <filesystem>
#include <iterator>
#include <thread>

#include "io_uring.hpp"
#include "support/wait_scenes.hpp"

namespace ringmain::testing {

namespace {

bool readable(int descriptor, int timeout_ms) {
  pollfd watched{.fd = descriptor, .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&watched, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready == 1 && (watched.revents & POLLIN) != 0;
}

}  // namespace

TEST(Pollable, doesnt_arm_while_there_is_a_message) {
  SmallRing ring;
  Pollable pollable = ring.consumer.pollable();
  ring.publish();
  EXPECT_FALSE(pollable.arm());
  EXPECT_TRUE(ring.consumer.try_receive());
  EXPECT_TRUE(pollable.arm());
}

TEST(Pollable, wakes_a_poll_for_every_message) {
  SmallRing ring;
  Pollable pollable = ring.consumer.pollable();
  constexpr std::uint64_t kMessages = 200;
  std::thread producer([&] {
    for (std::uint64_t i = 0; i < kMessages; ++i) {
      ring.publish();
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
    } else if (pollable.arm()) {
      ++polls;
      ASSERT_TRUE(readable(pollable.descriptor(), 10'000));
    }
  }
  producer.join();
  EXPECT_EQ(received, kMessages);
  EXPECT_GT(polls, 5U);
}

TEST(Pollable, looks_up_now_and_then_without_a_bell) {
  SmallRing ring;
  Pollable pollable = ring.consumer.pollable();
  ASSERT_TRUE(pollable.arm());
  EXPECT_FALSE(readable(pollable.descriptor(), 0));
  EXPECT_TRUE(readable(pollable.descriptor(), 10'000));
  ASSERT_TRUE(pollable.arm());
  EXPECT_FALSE(readable(pollable.descriptor(), 0));
}

TEST(Pollable, for_ever_looks_up_for_a_bell_alone) {
  SmallRing ring;
  Pollable pollable = ring.consumer.pollable(kForever);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(pollable.arm());
    EXPECT_FALSE(readable(pollable.descriptor(), 100)) << "twice the period of others";
    ring.publish();
    EXPECT_TRUE(readable(pollable.descriptor(), 10'000));
    EXPECT_FALSE(pollable.arm());
    ring.receive();
  }
  ASSERT_TRUE(pollable.arm());
  ring.producer.close();
  EXPECT_TRUE(readable(pollable.descriptor(), 10'000));
}

TEST(Pollable, for_ever_is_not_for_a_spectator) {
  SmallRing ring;
  auto spectator = Consumer::attach(ring.producer.descriptors(), {.spectator = true});
  Pollable pollable = spectator.pollable(kForever);
  ASSERT_TRUE(pollable.arm());
  EXPECT_TRUE(readable(pollable.descriptor(), 10'000));  // nobody rings for it
}

TEST(Pollable, stays_with_a_consumer_that_moves) {
  SmallRing ring;
  Pollable pollable = ring.consumer.pollable();
  Consumer moved = std::move(ring.consumer);
  ASSERT_TRUE(pollable.arm());
  ring.publish();
  EXPECT_TRUE(readable(pollable.descriptor(), 10'000));
  EXPECT_FALSE(pollable.arm());
  EXPECT_TRUE(moved.try_receive());
}

TEST(Pollable, needs_no_thread_where_an_io_uring_waits_on_futexes) {
  if (!FutexUring::open(2)) GTEST_SKIP() << "this kernel has no such io_uring";
  const auto threads = [] {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::distance(begin(all), end(all));
  };
  SmallRing ring;
  const auto before = threads();
  Pollable pollable = ring.consumer.pollable();
  ASSERT_TRUE(pollable.arm());
  EXPECT_EQ(threads(), before);
}

TEST(FutexUring, is_there_on_kernels_that_have_it) {
  const auto uring = FutexUring::open(2);
  if (!uring) GTEST_SKIP() << "this kernel has no io_uring that waits on futexes (before 6.7, or forbidden)";
  std::atomic<std::uint32_t> bell{7};
  uring->push_wait({&bell, 7}, 11);
  EXPECT_TRUE(uring->submit());
  EXPECT_FALSE(readable(uring->descriptor(), 0));
  EXPECT_FALSE(uring->take());
  bell.store(8);
  futex_wake_all(bell);
  EXPECT_TRUE(readable(uring->descriptor(), 10'000));
  EXPECT_EQ(uring->take().value().ticket, 11U);
  uring->push_wait({&bell, 7}, 12);  // it has changed already
  EXPECT_TRUE(uring->sleep(std::chrono::hours(1)));
  const auto changed = uring->take();
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->ticket, 12U);
  EXPECT_EQ(changed->result, -EAGAIN);
}

}  // namespace ringmain::testing
