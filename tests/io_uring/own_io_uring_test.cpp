// A wait for a ring as an operation of the user's own io_uring.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <liburing.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <thread>

#include "io_uring.hpp"
#include "support/wait_scenes.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

class OwnIoUring : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!FutexUring::open(2)) GTEST_SKIP() << "this kernel has no io_uring that waits on futexes";
    ASSERT_EQ(io_uring_queue_init(8, &uring_, 0), 0);
    opened_ = true;
  }
  void TearDown() override {
    if (opened_) io_uring_queue_exit(&uring_);
  }

  // Pushes a wait, and says for how long at most; 0: there is something instead.
  std::chrono::nanoseconds wait_for(Consumer& consumer, std::uint64_t user_data, unsigned flags = 0) {
    io_uring_sqe wait;
    const auto at_most = consumer.prepare_wait(wait);
    if (at_most.count() != 0) {
      wait.user_data = user_data;
      wait.flags = static_cast<std::uint8_t>(flags);
      *io_uring_get_sqe(&uring_) = wait;
    }
    return at_most;
  }
  // The results that come in next, by user_data.
  std::map<std::uint64_t, int> completions(unsigned count) {
    io_uring_submit_and_wait(&uring_, count);
    std::map<std::uint64_t, int> results;
    io_uring_cqe* done = nullptr;
    while (results.size() < count && io_uring_wait_cqe(&uring_, &done) == 0) {
      results[done->user_data] = done->res;
      io_uring_cqe_seen(&uring_, done);
    }
    return results;
  }

  io_uring uring_{};
  bool opened_ = false;
};

TEST_F(OwnIoUring, completes_a_wait_when_the_bell_rings) {
  SmallRing ring;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(wait_for(ring.consumer, 7), 50ms);
    std::thread late([&] {
      std::this_thread::sleep_for(5ms);
      ring.publish();
    });
    EXPECT_EQ(completions(1), (std::map<std::uint64_t, int>{{7, 0}}));
    late.join();
    ring.receive();
  }
  ASSERT_EQ(wait_for(ring.consumer, 7), 50ms);
  io_uring_submit(&uring_);
  ring.producer.close();
  EXPECT_EQ(completions(1).count(7), 1U);
  EXPECT_EQ(ring.consumer.try_receive().status(), Status::kEnd);
}

TEST_F(OwnIoUring, completes_at_once_when_the_bell_rang_before_the_submission) {
  SmallRing ring;
  ASSERT_EQ(wait_for(ring.consumer, 7), 50ms);
  ring.publish();
  EXPECT_EQ(completions(1), (std::map<std::uint64_t, int>{{7, -EAGAIN}}));
}

TEST_F(OwnIoUring, prepares_nothing_when_there_is_a_message) {
  SmallRing ring;
  ring.publish();
  io_uring_sqe entry;
  io_uring_sqe before;
  std::memset(&entry, 0x5a, sizeof entry);
  std::memcpy(&before, &entry, sizeof entry);
  EXPECT_EQ(ring.consumer.prepare_wait(entry), 0ns);
  EXPECT_EQ(std::memcmp(&before, &entry, sizeof entry), 0);
  ring.receive();
  EXPECT_EQ(wait_for(ring.consumer, 7), 50ms);
  auto spectator = Consumer::attach(ring.producer.descriptors(), {.spectator = true});
  EXPECT_EQ(wait_for(spectator, 8), 1ms) << "nobody rings for it";
}

TEST_F(OwnIoUring, waits_for_several_rings_at_once) {
  std::array<SmallRing, 3> rings;
  for (std::uint64_t i = 0; i < rings.size(); ++i) ASSERT_EQ(wait_for(rings[i].consumer, i), 50ms);
  io_uring_submit(&uring_);
  rings[2].publish();
  rings[0].publish();
  EXPECT_EQ(completions(2), (std::map<std::uint64_t, int>{{0, 0}, {2, 0}}));
}

// Else the tests that need it would be skipped for no reason.
TEST(FutexUring, is_there_where_the_kernel_says_so) {
  constexpr int kOpFutexWait = 51;
  const std::unique_ptr<io_uring_probe, decltype(&io_uring_free_probe)> probe(io_uring_get_probe(),
                                                                              io_uring_free_probe);
  const bool known = probe != nullptr && io_uring_opcode_supported(probe.get(), kOpFutexWait) != 0;
  EXPECT_EQ(FutexUring::open(2) != nullptr, known);
}

// For the dead ring no bell.
TEST_F(OwnIoUring, ends_a_wait_by_a_linked_timeout) {
  SmallRing ring;
  ASSERT_EQ(wait_for(ring.consumer, 7, IOSQE_IO_LINK), 50ms);
  __kernel_timespec time{0, 1'000'000};
  io_uring_sqe* const timeout = io_uring_get_sqe(&uring_);
  io_uring_prep_link_timeout(timeout, &time, 0);
  timeout->user_data = 8;
  EXPECT_EQ(completions(2)[7], -ECANCELED);
  ASSERT_EQ(wait_for(ring.consumer, 9), 50ms);
  ring.publish();
  EXPECT_EQ(completions(1).count(9), 1U);
}

}  // namespace
}  // namespace ringmain::testing
