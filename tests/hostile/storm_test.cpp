// Storms of wakes: a stranger who may only read the ring wakes all who sleep on its bell, again and again, and forces barriers
// on every process. Messages flow on, and when the storm is over everybody sleeps as before.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <array>
#include <chrono>
#include <climits>
#include <cstdio>
#include <deque>
#include <functional>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "ringmain/wait_set.hpp"
#include "support/intercept.hpp"
#include "support/scale.hpp"
#include "support/self_checking.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

struct Storm {
  std::atomic<std::uint64_t> wakes;
  std::atomic<std::uint64_t> barriers;
};

class StormTest : public HostileTest {
 protected:
  // Through a mapping that can't be written.
  void wake_for_ever() {
    const int file = ::open((ring_path() / "ring").c_str(), O_RDONLY | O_CLOEXEC);
    void* page = ::mmap(nullptr, kSlotsOffset, PROT_READ, MAP_SHARED, file, 0);
    require(page != MAP_FAILED, "map");
    const auto& lines =
        *reinterpret_cast<algorithm::NativeProducerLines*>(static_cast<std::byte*>(page) + kProducerOffset);
    for (;; ++storm_->wakes) ::syscall(SYS_futex, &lines.bell, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }
  // The producer's bell lies in the file of the consumers: for this one must be let in.
  void wake_the_producer_for_ever() {
    const RawFile consumers(ring_path() / "consumers");
    for (;; ++storm_->wakes) {
      ++consumers.area().room_bell;
      ::syscall(SYS_futex, &consumers.area().room_bell, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
    }
  }
  void force_barriers_for_ever() {
    for (;; ++storm_->barriers) ::syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
  }

  static ConsumerOptions sleeping(ConsumerOptions options) {
    options.spin = 0ns;
    return options;
  }
  // Receives all, sleeping before each message if it isn't there.
  void follow(const ConsumerOptions& options) {
    auto consumer = Consumer::attach("ring", sleeping(options));
    for (std::uint64_t number = 0;; ++number) {
      ::alarm(60);
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) {
        require(number == messages_, "ended too early");
        return;
      }
      require(stream_.is(number, message), "not the next message");
    }
  }
  // How often the action goes to sleep, or tries to.
  template <class Action>
  int sleeps_of(Action&& action) {
    int sleeps = 0;
    const auto count = [&](const seccomp_data& call) {
      sleeps += call.nr != SYS_futex || call.args[1] == FUTEX_WAIT ? 1 : 0;
      return 0;
    };
    EXPECT_TRUE(intercept({SYS_futex, kFutexWaitv, SYS_io_uring_enter}, count, action));
    return sleeps;
  }

  static constexpr int kFutexWaitv = 449;
  const std::uint64_t messages_ = proof_scaled(scaled<std::uint64_t>(50'000), scaled<std::uint64_t>(200'000));
  const Stream stream_{5, 16, 3000};
  const Shared<Storm> storm_;
};

TEST_F(StormTest, of_wakes_and_barriers_neither_loses_nor_stops_a_message) {
  const Watchdog watchdog(proof_scaled(110U, 800U));
  auto options = making();
  options.spin = 0ns;
  std::optional<Producer> producer(Producer::create("ring", options));
  std::array<Child, 3> storms;
  const std::array<std::function<void()>, 3> winds = {[&] { wake_for_ever(); }, [&] { wake_the_producer_for_ever(); },
                                                      [&] { force_barriers_for_ever(); }};
  for (std::size_t i = 0; i < winds.size(); ++i) storms[i] = Child([&, i] { winds[i](); });
  std::array<Child, 2> followers;
  for (std::size_t i = 0; i < followers.size(); ++i) {
    followers[i] = Child([&, i] { follow(i == 0 ? attaching() : joining("group")); });
  }
  ASSERT_EQ(producer->wait_for_consumers(2, 30s), Status::kOk);
  for (std::uint64_t number = 0; number < messages_; ++number) {
    const auto message = stream_.message(number, producer->position());
    ASSERT_EQ(producer->publish_for(message, 30s, Stream::type_of(number)), Status::kOk);
    if (number % 64 == 0) ::usleep(200);  // so that they fall asleep
  }
  producer->close();
  for (Child& follower : followers) EXPECT_EQ(follower.wait(), 0);
  EXPECT_GT(storm_->wakes, 0U);
  EXPECT_GT(storm_->barriers, 0U);
  std::printf("PROOF storm wakes-and-barriers: %lu wakes, %lu barriers, %lu messages to each of 2 groups, 0 lost\n",
              static_cast<unsigned long>(storm_->wakes.load()), static_cast<unsigned long>(storm_->barriers.load()),
              static_cast<unsigned long>(messages_));
}

// What is counted are calls, not time: each sleep is for 50 ms, or as long as is left.
TEST_F(StormTest, that_is_over_leaves_nobody_awake) {
  auto options = making();
  options.spin = 0ns;
  auto producer = Producer::create("ring", options);
  auto consumer = Consumer::attach("ring", sleeping(attaching()));
  auto other = Consumer::attach("ring", sleeping(joining("group")));
  WaitSet set;
  set.add(consumer);
  set.add(other);
  {
    Child waking([&] { wake_for_ever(); });
    Child barring([&] { force_barriers_for_ever(); });
    Child rousing([&] { wake_the_producer_for_ever(); });
    wait_until([&] { return storm_->wakes > 1000 && storm_->barriers > 100; });
    EXPECT_EQ(consumer.receive_for(20ms).status(), Status::kTimedOut);
    EXPECT_EQ(other.receive_for(20ms).status(), Status::kTimedOut);
    EXPECT_EQ(set.wait(20ms), nullptr);
    while (producer.publish_for(std::vector<std::byte>(1000), 20ms) == Status::kOk) {
    }
  }
  const int producers = sleeps_of([&] { (void)producer.publish_for(std::vector<std::byte>(1000), 200ms); });
  while (consumer.try_receive() && other.try_receive()) {
  }
  const int consumers = sleeps_of([&] { (void)consumer.receive_for(500ms); });
  const int members = sleeps_of([&] { (void)other.receive_for(500ms); });
  const int sets = sleeps_of([&] { (void)set.wait(500ms); });
  EXPECT_LE(producers, 200 / 20 + 3);
  EXPECT_LE(consumers, 500 / 50 + 3);
  EXPECT_LE(members, 500 / 50 + 3);
  EXPECT_LE(sets, 500 / 50 + 3);
  std::printf(
      "PROOF storm aftermath: %d sleeps of a producer in 200 ms, %d and %d of consumers and %d of a set in 500 ms\n",
      producers, consumers, members, sets);
}

}  // namespace
}  // namespace ringmain::testing
