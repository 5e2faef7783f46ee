// A consumer that is stopped for long: evicted where the ring says so, and only there.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/publishing.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "eviction";
constexpr std::size_t kCapacity = std::size_t{64} << 10;
constexpr auto kEvictAfter = std::chrono::milliseconds(100);

struct Report {
  std::atomic<int> ready;
  std::atomic<std::uint64_t> received[4];
  std::atomic<std::uint64_t> published;
  std::atomic<bool> finish;
};

class Eviction : public ::testing::Test {
 protected:
  ringmain::Consumer attach(const char* group) const {
    return ringmain::Consumer::attach(kName,
                                      {.directory = directory_.path(), .group = group, .start = Start::oldest()});
  }

  // Receives until something else than a message comes, and returns what.
  Status follow(ringmain::Consumer& consumer, int index, bool shares) const {
    report_->ready.fetch_add(1);
    std::uint64_t least = 0;
    for (;;) {
      const Message message = consumer.receive();
      if (!message) return message.status();
      const auto number = stream_.number_of(message);
      // The stopped one may find its borrowed message overwritten, and knows it.
      require(number.has_value() || (may_evict_ && !message.still_valid()), "wrong message, but valid");
      if (!number) continue;
      require(*number == least || (*number > least && (shares || least == 0)), "not the next message");
      least = *number + 1;
      report_->received[index].fetch_add(1);
    }
  }

  Child follower(int index, const char* group, Status last) {
    return Child([=, this] {
      auto consumer = attach(group);
      const Status status = follow(consumer, index, *group != '\0');
      require(status == last, std::string("ended with: ") + describe(status));
    });
  }

  Child producer(std::chrono::nanoseconds evict_after) {
    may_evict_ = evict_after.count() != 0;
    Child child([=, this] {
      auto producer = ringmain::Producer::create(
          kName, {.directory = directory_.path(), .capacity = kCapacity, .evict_after = evict_after});
      MixedPublisher publisher(producer, stream_, 14);
      wait_until([&] { return report_->ready.load() > 0; });
      while (!report_->finish.load()) {
        publisher.step(~std::uint64_t{0});
        report_->published.store(publisher.next());
      }
    });
    wait_until([&] { return child.ended() || list(directory_.path()).size() == 1; });
    return child;
  }

  // Until the count has grown by more than the ring can hold.
  static void wait_for_a_lap(const std::atomic<std::uint64_t>& count) {
    const std::uint64_t enough = count.load() + 2 * kCapacity / 64;
    wait_until([&] { return count.load() > enough; });
  }

  Statistics statistics() const { return ringmain::statistics(kName, directory_.path()); }

  TemporaryDirectory directory_;
  Stream stream_{5, 16, 600};
  Shared<Report> report_;
  bool may_evict_ = false;
};

TEST_F(Eviction, TellsTheStoppedOneAndSparesTheOthers) {
  const Watchdog watchdog(120);
  constexpr int kRounds = 10;
  Child publisher = producer(kEvictAfter);
  Child other = follower(0, "", Status::kEnd);
  wait_until([&] { return report_->ready.load() == 1; });
  for (int round = 0; round < kRounds; ++round) {
    report_->ready.store(0);
    Child stopped = follower(1, round % 2 == 0 ? "" : "stopped", Status::kEvicted);
    wait_until([&] { return report_->ready.load() == 1; });
    wait_for_a_lap(report_->received[1]);
    stopped.stop();
    wait_for_a_lap(report_->received[0]);  // the producer got past it
    bool told = false;
    for (const auto& consumer : statistics().consumers) {
      told |= consumer.pid == static_cast<std::uint32_t>(stopped.pid()) && consumer.evicted && consumer.alive;
    }
    EXPECT_TRUE(told) << "statistics don't show the evicted";
    stopped.go_on();
    EXPECT_EQ(stopped.wait(), 0);
  }
  report_->finish.store(true);
  EXPECT_EQ(publisher.wait(), 0);
  EXPECT_EQ(other.wait(), 0);
  const Statistics last = statistics();
  EXPECT_TRUE(last.consumers.empty());
  EXPECT_TRUE(last.groups.empty());
  EXPECT_GT(last.tail / kCapacity, 10u);
}

TEST_F(Eviction, OfAGroupTellsEveryMember) {
  const Watchdog watchdog(120);
  Child publisher = producer(kEvictAfter);
  Child first = follower(1, "stopped", Status::kEvicted);
  Child second = follower(2, "stopped", Status::kEvicted);
  wait_until([&] { return report_->ready.load() == 2; });
  Child other = follower(0, "", Status::kEnd);
  wait_until([&] { return report_->ready.load() == 3; });
  wait_for_a_lap(report_->received[0]);
  first.stop();
  second.stop();
  wait_for_a_lap(report_->received[0]);
  first.go_on();
  EXPECT_EQ(first.wait(), 0);
  second.go_on();
  EXPECT_EQ(second.wait(), 0);
  // The name is free for a new group.
  Child next = follower(3, "stopped", Status::kEnd);
  wait_for_a_lap(report_->received[3]);
  report_->finish.store(true);
  EXPECT_EQ(publisher.wait(), 0);
  EXPECT_EQ(other.wait(), 0);
  EXPECT_EQ(next.wait(), 0);
  EXPECT_TRUE(statistics().groups.empty());
}

TEST_F(Eviction, NeverHappensUnasked) {
  const Watchdog watchdog(120);
  Child publisher = producer(std::chrono::nanoseconds{0});
  Child stopped = follower(1, "", Status::kEnd);
  Child member = follower(2, "stopped", Status::kEnd);
  Child other = follower(0, "", Status::kEnd);
  wait_until([&] { return report_->ready.load() == 3; });
  for (int round = 0; round < 6; ++round) {
    Child& victim = round % 2 == 0 ? stopped : member;
    wait_for_a_lap(report_->received[0]);
    victim.stop();
    const std::uint64_t published = report_->published.load();
    ::usleep(300'000);  // more than any period of the library
    EXPECT_LE(report_->published.load(), published + kCapacity / 64 + kLargestBatch) << "the producer did not wait";
    const Statistics now = statistics();
    EXPECT_EQ(now.consumers.size(), 3u);
    for (const auto& consumer : now.consumers) EXPECT_TRUE(consumer.alive && !consumer.evicted);
    victim.go_on();
  }
  wait_for_a_lap(report_->received[1]);
  wait_for_a_lap(report_->received[2]);
  report_->finish.store(true);
  EXPECT_EQ(publisher.wait(), 0);
  for (Child* child : {&stopped, &member, &other}) EXPECT_EQ(child->wait(), 0);
  EXPECT_GT(statistics().room_waits, 0u);
}

TEST_F(Eviction, AStoppedProducerIsOnlySlow) {
  const Watchdog watchdog(120);
  Child publisher = producer(std::chrono::nanoseconds{0});
  Child consumer = follower(0, "", Status::kEnd);
  Child member = follower(1, "group", Status::kEnd);
  for (int round = 0; round < 5; ++round) {
    wait_for_a_lap(report_->received[0]);
    publisher.stop();
    ::usleep(200'000);
    EXPECT_TRUE(statistics().producer_alive);
    EXPECT_FALSE(consumer.ended());
    EXPECT_THROW(ringmain::Producer::open(kName, {.directory = directory_.path()}), Error);
    publisher.go_on();
  }
  wait_for_a_lap(report_->received[1]);
  report_->finish.store(true);
  EXPECT_EQ(publisher.wait(), 0);
  EXPECT_EQ(consumer.wait(), 0);
  EXPECT_EQ(member.wait(), 0);
}

}  // namespace
}  // namespace ringmain::testing
