// Waiting under fire: of consumers, producers, sets of rings and event loops. Who can't sleep as he would like to sleeps
// otherwise; and nobody oversleeps.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>

#include <chrono>
#include <deque>

#include "confined.hpp"
#include "fault_injection.hpp"
#include "ringmain/pollable.hpp"
#include "ringmain/wait_set.hpp"
#include "support/wait_scenes.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

class WaitingFaultsTest : public FaultInjectionTest {
 protected:
  static constexpr auto kShort = 3ms;  // long enough to sleep

  void expect(Status status, Status expected, const char* what) const {
    require(status == expected, std::string(what) + ": " + describe(status));
  }
  static bool readable(const Pollable& pollable) {
    pollfd watched{.fd = pollable.descriptor(), .events = POLLIN, .revents = 0};
    int ready = 0;
    do {
      ready = ::poll(&watched, 1, 10'000);
    } while (ready < 0 && errno == EINTR);
    return ready == 1;
  }
  // A ring whose ends never spin, with a consumer of its own, a member and a spectator.
  void open_ends(std::chrono::nanoseconds evict_after = 0ns) {
    auto options = making();
    options.spin = 0ns;
    options.evict_after = evict_after;
    producer_.emplace(Producer::create("ring", options));
    for (auto reading : {attaching(), joining("group"), watching()}) {
      reading.spin = 0ns;
      consumers_.push_back(Consumer::attach("ring", reading));
    }
  }
  void close_ends() {
    consumers_.clear();
    producer_.reset();
  }
  void fill() {
    while (producer_->try_publish(bytes_) == Status::kOk) {
    }
  }
  void drain(Consumer& consumer) const {
    while (consumer.try_receive()) {
    }
  }
  // All that was begun can be gone on with.
  void go_on() {
    fill();
    for (Consumer& consumer : consumers_) drain(consumer);
    expect(producer_->publish_for(bytes_of("again"), 10s), Status::kOk, "publish");
    for (Consumer& consumer : consumers_) require(text_of(consumer.receive_for(10s)) == "again", "receive");
    close_ends();
  }

  // A set of `rings` rings: nothing comes, then something.
  void expect_clean_set(const char* name, std::size_t rings) {
    std::deque<SmallRing> all(rings);
    expect_clean({.name = name,
                  .prepare = [] {},
                  .action =
                      [&] {
                        WaitSet set;
                        for (SmallRing& ring : all) set.add(ring.consumer);
                        require(set.wait(kShort) == nullptr, "something in an empty ring");
                        all[rings / 2].publish();
                        require(set.wait(10s) == &all[rings / 2].consumer, "another ring");
                        all[rings / 2].receive();
                        require(set.wait(kShort) == nullptr, "something in an empty ring");
                        set.remove(all[0].consumer);
                      },
                  .finish =
                      [&] {
                        for (SmallRing& ring : all) {
                          drain(ring.consumer);
                          ring.publish();
                          ring.receive();
                        }
                      }});
  }

  const std::vector<std::byte> bytes_ = std::vector<std::byte>(1000);
  std::optional<Producer> producer_;
  std::deque<Consumer> consumers_;
};

TEST_F(WaitingFaultsTest, sleep_of_a_consumer) {
  for (std::size_t which = 0; which < 3; ++which) {
    const char* names[] = {"sleep-of-a-consumer", "sleep-of-a-member", "sleep-of-a-spectator"};
    expect_clean({.name = names[which],
                  .prepare = [&] { open_ends(); },
                  .action =
                      [&] {
                        expect(consumers_[which].receive_for(kShort).status(), Status::kTimedOut, "sleep");
                        expect(producer_->publish(bytes_of("wakes")), Status::kOk, "publish");
                        require(text_of(consumers_[which].receive_for(10s)) == "wakes", "receive");
                      },
                  .finish = [&] { go_on(); }});
  }
}

TEST_F(WaitingFaultsTest, sleep_of_a_producer) {
  expect_clean({.name = "sleep-of-a-producer",
                .prepare =
                    [&] {
                      open_ends();
                      fill();
                    },
                .action =
                    [&] {
                      expect(producer_->publish_for(bytes_, kShort), Status::kTimedOut, "no room");
                      for (Consumer& consumer : consumers_) drain(consumer);
                      expect(producer_->publish_for(bytes_, 10s), Status::kOk, "room");
                    },
                .finish = [&] { go_on(); }});
}

TEST_F(WaitingFaultsTest, wait_for_consumers) {
  expect_clean({.name = "wait-for-consumers",
                .prepare = [&] { open_ends(); },
                .action =
                    [&] {
                      expect(producer_->wait_for_consumers(2, 10s), Status::kOk, "two groups");
                      expect(producer_->wait_for_consumers(3, kShort), Status::kTimedOut, "a third");
                    },
                .finish = [&] { go_on(); }});
}

TEST_F(WaitingFaultsTest, evict) {
  expect_clean({.name = "evict",
                .prepare =
                    [&] {
                      open_ends(1ms);
                      fill();
                    },
                .action = [&] { expect(producer_->publish_for(bytes_, 10s), Status::kOk, "evict"); },
                .finish =
                    [&] {
                      for (std::size_t i = 0; i < 2; ++i) {
                        expect(consumers_[i].receive_for(10s).status(), Status::kEvicted, "evicted");
                      }
                      close_ends();
                    }});
}

TEST_F(WaitingFaultsTest, set_of_few_rings) { expect_clean_set("wait-for-3-rings", 3); }

TEST_F(WaitingFaultsTest, set_of_many_rings) { expect_clean_set("wait-for-129-rings", 129); }

TEST_F(WaitingFaultsTest, event_loop) {
  for (const bool thread : {false, true}) {
    const auto play = [&] {
      Pollable pollable = consumers_[0].pollable();
      while (!pollable.arm()) require(!consumers_[0].try_receive(), "a message before one was published");
      expect(producer_->publish(bytes_of("wakes")), Status::kOk, "publish");
      require(readable(pollable), "not woken");
      require(text_of(consumers_[0].try_receive()) == "wakes", "receive");
    };
    Operation operation{.name = thread ? "event-loop-with-a-thread" : "event-loop",
                        .prepare = [&] { open_ends(); },
                        .action = play,
                        .finish = [&] { go_on(); }};
    if (thread) operation.forbidden = {SYS_io_uring_setup};
    expect_clean(operation);
  }
}

}  // namespace
}  // namespace ringmain::testing
