// What the living do about one who died, or left: one case at a time, and without a race.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>

#include "crash/scene.hpp"
#include "support/child.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kWorkers = "workers";

class Survivors : public ::testing::Test {
 protected:
  // One that attached, and took a message if it was told to.
  void die(const char* group, bool with_a_message) {
    Child dead([&] {
      auto consumer = scene_.attach(group, Start::oldest());
      std::optional<Message> message;
      if (with_a_message) message.emplace(consumer.receive());
      ::raise(SIGKILL);
    });
    EXPECT_EQ(dead.wait(), -SIGKILL);
  }
  void publish() {
    scene_.publish(producer_);
    scene_.catch_up();
  }
  void publish_two_laps() {
    while (producer_.position() < 2 * Scene::kCapacity) publish();
  }

  Scene scene_;
  ringmain::Producer producer_ = scene_.open();
};

TEST_F(Survivors, AreNotHeldByADeadConsumer) {
  die("", false);
  publish_two_laps();
}

TEST_F(Survivors, AreNotHeldByAGroupThatIsDead) {
  die(kWorkers, false);
  publish_two_laps();
}

TEST_F(Survivors, GetAMessageOfADeadMemberWhileTheStreamGoesOn) {
  auto survivor = scene_.attach(kWorkers, Start::latest());
  EXPECT_FALSE(survivor.try_receive());  // has just looked after the dead
  publish();
  die(kWorkers, true);
  scene_.expect_next(survivor, 0);
}

TEST_F(Survivors, GetAMessageOfAMemberThatLeftWithIt) {
  auto survivor = scene_.attach(kWorkers, Start::latest());
  publish();
  {
    auto leaving = scene_.attach(kWorkers, Start::latest());
    std::array<std::byte, 4> too_small{};
    EXPECT_EQ(leaving.try_read(too_small).status, Status::kTooLarge);
  }
  scene_.expect_next(survivor, 0);
}

TEST_F(Survivors, KeepTheirRingToThemselves) {
  try {
    const auto second = scene_.open();
    FAIL() << "two producers";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kProducerExists);
  }
  publish();
}

// A stray closefrom() lost its lease, and another took over.
TEST_F(Survivors, StopWhenTheyWereSucceeded) {
  Child child([&] {
    const OpenOptions options{.directory = scene_.directory()};
    auto producer = ringmain::Producer::create("another", {.directory = scene_.directory(), .capacity = 1 << 16});
    ::close_range(3, ~0U, 0);
    const auto successor = ringmain::Producer::open("another", options);
    const std::array<std::byte, 1000> bytes{};
    Status status = Status::kOk;
    while (status == Status::kOk && producer.position() < producer.capacity()) status = producer.try_publish(bytes);
    require(status == Status::kLeaseLost, describe(status));
  });
  EXPECT_EQ(child.wait(), 0);
  ringmain::remove("another", scene_.directory());
}

}  // namespace
}  // namespace ringmain::testing
