// Waiting where the kernel lacks a call, forbids it or has no memory; and in a forked child.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>

#include <cerrno>
#include <map>
#include <utility>

#include "confined.hpp"
#include "io_uring.hpp"
#include "support/intercept.hpp"
#include "support/wait_scenes.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kFutexWaitv = 449;
constexpr std::size_t kMany = kMaxFutexes + 1;

bool readable(const Pollable& pollable, int timeout_ms) {
  pollfd watched{.fd = pollable.descriptor(), .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&watched, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready == 1;
}

// Receives all of a stream of three messages that comes in while it waits.
void poll_through_a_stream(SmallRing& ring) {
  Pollable pollable = ring.consumer.pollable();
  std::thread producer([&] {
    for (int i = 0; i < 3; ++i) {
      std::this_thread::sleep_for(5ms);
      ring.publish();
    }
    ring.producer.close();
  });
  int received = 0;
  for (;;) {
    const Message message = ring.consumer.try_receive();
    if (message) {
      ++received;
    } else if (message.status() != Status::kEmpty) {
      break;
    } else if (pollable.arm()) {
      require(readable(pollable, 10'000), "not woken");
    }
  }
  producer.join();
  require(received == 3, "not all received");
}

}  // namespace

TEST(Waiting, without_io_uring_many_rings_are_served_all_the_same) {
  EXPECT_EQ(in_child([] {
              forbid({SYS_io_uring_setup}, EPERM);
              for (const std::size_t rings : {kMany, std::size_t{300}}) play_every_wait_scene(rings);
            }),
            0);
}

// By a thread, which comes back in rounds to see whether it is to end.
TEST(Waiting, without_io_uring_a_descriptor_waits_as_long_as_it_should) {
  EXPECT_EQ(in_child([] {
              forbid({SYS_io_uring_setup}, EPERM);
              for (const std::chrono::nanoseconds period : {kForever, std::chrono::nanoseconds(1h)}) {
                SmallRing ring;
                Pollable pollable = ring.consumer.pollable(period);
                require(pollable.arm(), "a message in an empty ring");
                require(!readable(pollable, 120), "readable without a bell");
                ring.publish();
                require(readable(pollable, 10'000), "not woken");
                ring.receive();
                require(pollable.arm(), "a message in an empty ring");
              }  // the thread ends in the midst of its wait
              SmallRing ring;
              Pollable pollable = ring.consumer.pollable(1ms);
              require(pollable.arm() && readable(pollable, 10'000), "not readable after its period");
            }),
            0);
}

TEST(Waiting, without_futex_waitv_rings_are_served_all_the_same) {
  for (const int error : {ENOSYS, EPERM}) {
    EXPECT_EQ(in_child([error] {
                forbid({kFutexWaitv}, error);
                play_every_wait_scene(3);
              }),
              0);
    EXPECT_EQ(in_child([error] {
                forbid({kFutexWaitv, SYS_io_uring_setup}, error);
                play_every_wait_scene(kMany);
              }),
              0);
  }
}

// It doesn't spin instead: each round of sleep is a call or two.
TEST(Waiting, where_futex_waitv_is_refused_it_still_sleeps) {
  WaitScene scene(3);
  int waits = 0;
  const auto count = [&](const seccomp_data& call) {
    ++waits;
    return call.nr == kFutexWaitv ? EPERM : 0;
  };
  ASSERT_TRUE(intercept({SYS_futex, kFutexWaitv}, count,
                        [&] { EXPECT_EQ(scene.set().wait(std::chrono::milliseconds(100)), nullptr); }));
  EXPECT_GT(waits, 2);
  EXPECT_LT(waits, 500) << "a nap takes a millisecond";
}

TEST(Waiting, many_rings_sleep_on_an_io_uring_whose_waits_stay_armed) {
  if (!FutexUring::open(kMany)) GTEST_SKIP() << "this kernel has no io_uring that waits on futexes";
  WaitScene scene(kMany);
  std::map<int, int> calls;
  std::uint64_t submitted = 0;
  const auto count = [&](const seccomp_data& call) {
    ++calls[call.nr];
    if (call.nr == SYS_io_uring_enter) submitted += call.args[1];
    return 0;
  };
  constexpr int kWakes = 10;
  ASSERT_TRUE(intercept({SYS_io_uring_enter, SYS_futex, SYS_membarrier, kFutexWaitv}, count, [&] {
    scene.fall_asleep();
    for (int i = 0; i < kWakes; ++i) {
      scene.ring(7).publish();
      scene.expect(7);
      scene.fall_asleep();
    }
  }));
  EXPECT_EQ(calls[kFutexWaitv], 0);
  // At most: who is kept from its core for a millisecond doesn't sleep.
  EXPECT_LE(calls[SYS_futex], kWakes) << "the producer's";
  EXPECT_GE(calls[SYS_futex], 1);
  EXPECT_LE(calls[SYS_membarrier], static_cast<int>(kMany) + kWakes);
  EXPECT_LE(submitted, 1 + kMany + kWakes);  // the first is to find out what the kernel knows
  EXPECT_GE(submitted, kMany);
}

// A message that comes when its ring was looked at, and is not to be slept on yet: nobody will ring for it.
TEST(Waiting, all_rings_are_looked_at_between_going_to_bed_and_sleep) {
  for (const std::size_t rings : {std::size_t{2}, kMany}) {
    WaitScene scene(rings);
    bool published = false;
    int sleeps = 0;
    const auto on_call = [&](const seccomp_data& call) {
      const bool going_to_bed = call.nr == SYS_membarrier;  // with the first ring
      if (going_to_bed && !std::exchange(published, true)) scene.ring(rings - 1).publish();
      if (call.nr == kFutexWaitv || (call.nr == SYS_io_uring_enter && call.args[2] != 0)) ++sleeps;
      return 0;
    };
    Consumer* found = nullptr;
    ASSERT_TRUE(
        intercept({SYS_membarrier, SYS_io_uring_enter, kFutexWaitv}, on_call, [&] { found = scene.set().wait(); }));
    EXPECT_EQ(found, &scene.ring(rings - 1).consumer);
    EXPECT_EQ(sleeps, 0);
  }
}

TEST(Waiting, many_rings_are_served_while_the_kernel_has_no_memory_for_all_waits) {
  if (!FutexUring::open(kMany)) GTEST_SKIP() << "this kernel has no io_uring that waits on futexes";
  WaitScene scene(kMany);
  int refused = 0;
  const auto refuse = [&](const seccomp_data& call) {
    const bool all = call.args[1] > 1;  // but not the question what the kernel knows
    return all && refused < 20 && ++refused != 0 ? EAGAIN : 0;
  };
  std::string wrong;
  ASSERT_TRUE(intercept({SYS_io_uring_enter}, refuse, [&] {
    try {
      scene.fall_asleep();
      for (const std::size_t number : {std::size_t{3}, std::size_t{128}}) {
        scene.ring(number).publish();
        require(scene.set().wait() == &scene.ring(number).consumer, "not woken");
        scene.ring(number).receive();
        require(scene.set().wait(100ms) == nullptr, "something in an empty ring");
      }
    } catch (const std::exception& error) {
      wrong = error.what();
    }
  }));
  EXPECT_EQ(wrong, "");
  EXPECT_EQ(refused, 20);
}

TEST(Waiting, a_forked_child_leaves_its_parents_waits_alone) {
  WaitScene scene(kMany);
  const TemporaryDirectory directory;
  auto producer = Producer::create("ring", {.directory = directory.path(), .capacity = 64 << 10});
  auto consumer = Consumer::attach("ring", {.directory = directory.path()});
  const auto sleeping = [&] { return statistics("ring", directory.path()).consumers.at(0).sleeping; };
  scene.set().add(consumer);
  scene.fall_asleep();
  const bool slept = sleeping();
  scene.ring(5).publish();
  EXPECT_EQ(in_child([&] {
              const Consumer* const ended = scene.set().wait(0ns);
              require(ended != nullptr, "the handles of a child have ended");
              require(scene.ring(0).consumer.try_receive().status() == Status::kLeaseLost, "not ended");
              scene.set().remove(scene.ring(0).consumer);
            }),
            0);
  EXPECT_EQ(sleeping(), slept);
  scene.expect(5);
  scene.fall_asleep();
  scene.ring(6).publish();
  scene.expect(6);
}

TEST(Waiting, without_io_uring_a_thread_makes_it_pollable) {
  EXPECT_EQ(in_child([] {
              forbid({SYS_io_uring_setup}, EPERM);
              SmallRing ring;
              poll_through_a_stream(ring);
              SmallRing again;
              Pollable pollable = again.consumer.pollable();
              bool waits = false;
              for (int i = 0; i < 100 && !waits; ++i) {  // the time may be up at once, but not each time
                again.publish();
                require(!pollable.arm(), "there is a message");
                again.receive();
                require(pollable.arm(), "nothing is there");
                waits = i > 0 && !readable(pollable, 0);  // it has been readable before
                require(readable(pollable, 10'000), "no look-around");
              }
              require(waits, "readable although nothing happened");
            }),
            0);
}

TEST(Waiting, a_pollable_is_armed_when_the_kernel_has_memory_again) {
  if (!FutexUring::open(2)) GTEST_SKIP() << "this kernel has no io_uring that waits on futexes";
  SmallRing ring;
  Pollable pollable = ring.consumer.pollable();
  int refused = 0;
  bool armed_too_early = false;
  bool armed = false;
  ASSERT_TRUE(intercept(
      {SYS_io_uring_enter}, [&](const seccomp_data&) { return refused < 3 && ++refused != 0 ? EAGAIN : 0; },
      [&] {
        for (int i = 0; i < 3; ++i) armed_too_early = pollable.arm() || armed_too_early;
        armed = pollable.arm();
        ring.publish();
      }));
  EXPECT_FALSE(armed_too_early);
  EXPECT_TRUE(armed);
  EXPECT_TRUE(readable(pollable, 10'000));
  ring.receive();
  EXPECT_TRUE(pollable.arm());
}

// With an io_uring, and with a thread, which the child doesn't have.
TEST(Waiting, a_pollable_may_end_in_a_forked_child) {
  for (const bool thread : {false, true}) {
    EXPECT_EQ(in_child([&] {
                if (thread) forbid({SYS_io_uring_setup}, EPERM);
                SmallRing ring;
                std::optional<Pollable> pollable(ring.consumer.pollable());
                require(pollable->arm(), "not armed");
                const int child = in_child([&] {
                  require(!pollable->arm(), "the handles of a child have ended");
                  pollable.reset();
                });
                require(child == 0, "the child ended with " + std::to_string(child));
                ring.publish();
                require(readable(*pollable, 10'000), "not woken");
                require(!pollable->arm(), "there is a message");
              }),
              0);
  }
}

}  // namespace ringmain::testing
