// A kernel that lacks a call, or is short of something: all works on, if more slowly, and nobody is declared dead.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/intercept.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

// Signals to this process, two in a millisecond, whose handler restarts nothing: as some profilers send them.
class SignalStorm {
 public:
  SignalStorm() {
    struct sigaction action {};
    action.sa_handler = [](int) { ++count_; };
    ::sigaction(SIGUSR1, &action, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR1;
    constexpr timespec kPeriod{0, 500'000};
    const itimerspec times{kPeriod, kPeriod};
    require(::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0, "timer_create");
    require(::timer_settime(timer_, 0, &times, nullptr) == 0, "timer_settime");
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;
  ~SignalStorm() { ::timer_delete(timer_); }

  static int signals() { return count_; }

 private:
  static inline std::atomic<int> count_{0};
  timer_t timer_{};
};

class KernelTest : public HostileTest {
 protected:
  // Of one ring, with all that makes system calls.
  void live_a_life() const {
    auto options = making();
    options.spin = 0ns;
    auto producer = Producer::create("ring", options);
    auto reading = attaching();
    reading.spin = 0ns;
    auto consumer = Consumer::attach("ring", reading);
    auto member = Consumer::attach("ring", joining("group"));
    require(producer.wait_for_consumers(2, 20s) == Status::kOk, "nobody came");
    require(consumer.receive_for(1ms).status() == Status::kTimedOut, "something in an empty ring");
    require(producer.publish(bytes_of("hello")) == Status::kOk, "publish");
    require(text_of(consumer.receive()) == "hello" && text_of(member.receive()) == "hello", "receive");
    require(statistics("ring", directory()).consumers.size() == 2, "statistics");
    producer.close();
    auto next = Producer::open("ring", opening());
    next.close_and_remove();
    require(consumer.receive().status() == Status::kEnd, "no end");
  }

  // Two processes that wait for each other all the time, each with these calls forbidden, or not.
  void play_ping_pong(std::vector<int> producers, std::vector<int> consumers, int error) {
    constexpr int kRounds = 300;
    auto options = making();
    options.spin = 0ns;
    Child other([&] {
      if (!consumers.empty()) forbid(consumers, error);
      auto reading = attaching();
      reading.spin = 0ns;
      reading.wait_for_ring = kForever;
      auto consumer = Consumer::attach("there", reading);
      auto producer = Producer::create("back", options);
      require(producer.wait_for_consumers(1, 20s) == Status::kOk, "nobody came");
      for (int i = 0; i < kRounds; ++i) {
        const Message message = consumer.receive_for(20s);
        require(static_cast<bool>(message), describe(message.status()));
        require(producer.publish_for(message.bytes(), 20s) == Status::kOk, "publish");
      }
    });
    EXPECT_EQ(in_child([&] {
                if (!producers.empty()) forbid(producers, error);
                auto producer = Producer::create("there", options);
                auto reading = attaching();
                reading.spin = 0ns;
                reading.wait_for_ring = kForever;
                require(producer.wait_for_consumers(1, 20s) == Status::kOk, "nobody came");
                auto consumer = Consumer::attach("back", reading);
                std::vector<std::byte> bytes(1000);
                for (int i = 0; i < kRounds; ++i) {
                  require(producer.publish_for(bytes, 20s) == Status::kOk, "publish");
                  const Message message = consumer.receive_for(20s);
                  require(message.bytes().size() == bytes.size(), describe(message.status()));
                }
              }),
              0);
    EXPECT_EQ(other.wait(), 0);
    for (const char* name : {"there", "back"}) ringmain::remove(name, directory(), true);
  }
};

TEST_F(KernelTest, without_membarrier_all_sleep_and_wake) {
  for (const int error : {ENOSYS, EPERM}) {
    play_ping_pong({SYS_membarrier}, {SYS_membarrier}, error);
    play_ping_pong({SYS_membarrier}, {}, error);
    play_ping_pong({}, {SYS_membarrier}, error);
  }
}

TEST_F(KernelTest, without_membarrier_a_producer_waits_for_room_and_is_woken) {
  for (const bool producer_too : {false, true}) {
    auto options = making();
    options.spin = 0ns;
    const Shared<std::atomic<bool>> attached;
    Child consuming([&] {
      forbid({SYS_membarrier}, EPERM);
      auto reading = attaching();
      reading.wait_for_ring = kForever;
      reading.spin = 0ns;
      auto consumer = Consumer::attach("ring", reading);
      for (int i = 0; i < 2000; ++i) {
        if (i % 100 == 0) ::usleep(1000);
        require(static_cast<bool>(consumer.receive_for(20s)), "receive");
      }
    });
    EXPECT_EQ(in_child([&] {
                if (producer_too) forbid({SYS_membarrier}, EPERM);
                auto producer = Producer::create("ring", options);
                require(producer.wait_for_consumers(1, 20s) == Status::kOk, "nobody came");
                const std::vector<std::byte> bytes(1000);
                for (int i = 0; i < 2000; ++i) require(producer.publish_for(bytes, 20s) == Status::kOk, "publish");
                require(statistics("ring", directory()).room_waits > 0, "it never waited");
              }),
              0);
    EXPECT_EQ(consuming.wait(), 0);
    ringmain::remove("ring", directory(), true);
  }
}

TEST_F(KernelTest, without_futexes_nobody_hangs) { play_ping_pong({SYS_futex}, {SYS_futex}, ENOSYS); }

// A question about a lease that the kernel can't answer: F_OFD_GETLK takes memory.
TEST_F(KernelTest, who_can_not_be_asked_after_is_not_dead) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  const std::vector<std::byte> bytes(1000);
  while (producer.try_publish(bytes) == Status::kOk) {
  }
  const auto no_answer = [](const seccomp_data& call) {
    return static_cast<int>(call.args[1]) == F_OFD_GETLK ? ENOLCK : 0;
  };
  Status published = Status::kOk;
  Status received = Status::kOk;
  ASSERT_TRUE(intercept({SYS_fcntl}, no_answer, [&] {
    published = producer.publish_for(bytes, 200ms);
    while (consumer.try_receive()) {
    }
    received = consumer.receive_for(200ms).status();
  }));
  EXPECT_EQ(published, Status::kTimedOut);
  EXPECT_EQ(received, Status::kTimedOut);
  Refusal removal;
  ASSERT_TRUE(
      intercept({SYS_fcntl}, no_answer, [&] { removal = refusal_of([&] { ringmain::remove("ring", directory()); }); }));
  EXPECT_EQ(removal.status, Status::kInUse);
  std::size_t swept = 0;
  ASSERT_TRUE(intercept({SYS_fcntl}, no_answer, [&] { swept = list(directory()).size(); }));
  EXPECT_EQ(statistics("ring", directory()).consumers.size(), 1U);
}

// In older kernels a signal interrupts a reservation in memory, and what was reserved is given back. Made again as a whole,
// a large one would never end.
TEST_F(KernelTest, a_reservation_that_takes_longer_than_signals_let_it_comes_to_an_end) {
  constexpr std::uint64_t kBetweenSignals = 1 << 20;
  int interrupted = 0;
  Refusal refusal;
  const auto interrupt = [&](const seccomp_data& call) {
    return call.args[3] > kBetweenSignals && ++interrupted < 1000 ? EINTR : 0;
  };
  ASSERT_TRUE(intercept({SYS_fallocate}, interrupt, [&] {
    auto large = making();
    large.capacity = std::size_t{64} << 20;
    refusal = refusal_of([&] { auto producer = Producer::create("ring", large); });
  }));
  EXPECT_EQ(refusal.status, Status::kOk) << refusal.message;
  EXPECT_LT(interrupted, 20);
}

TEST_F(KernelTest, signals_that_interrupt_every_call_are_no_errors) {
  const Shared<std::atomic<int>> signals;
  EXPECT_EQ(in_child(
                [&] {
                  const SignalStorm storm;
                  auto large = making();
                  large.capacity = std::size_t{64} << 20;
                  auto producer = Producer::create("large", large);
                  ringmain::remove("large", directory(), true);
                  for (int i = 0; i < 200; ++i) live_a_life();
                  *signals = SignalStorm::signals();
                },
                100),
            0);
  EXPECT_GT(*signals, 10);
  std::printf("PROOF starvation signals: %d signals, 201 rings, 0 errors\n", signals->load());
}

TEST_F(KernelTest, a_process_without_free_descriptors_is_told_so) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer needs descriptors of its own";
  auto producer = Producer::create("ring", making());
  EXPECT_EQ(
      in_child([&] {
        auto spare = ::dup(0);
        const rlimit limit{static_cast<rlim_t>(spare), static_cast<rlim_t>(spare)};
        ::close(spare);
        require(::setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
        require_refused([&] { (void)Producer::create("other", making()); }, Status::kSystem, {"other", "open files"});
        require_refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kSystem, {"ring", "open files"});
        require_refused([&] { (void)Consumer::attach("ring", watching()); }, Status::kSystem, {"ring", "open files"});
        require_refused([&] { (void)statistics("ring", directory()); }, Status::kSystem, {"ring", "open files"});
        require_refused([&] { (void)Producer::create_unnamed({.capacity = kCapacity}); }, Status::kSystem,
                        {"open files"});
      }),
      0);
  EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
}

}  // namespace
}  // namespace ringmain::testing
