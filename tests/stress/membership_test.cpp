// Consumers that come and go all the time, in groups and alone, and spectators, while the producer goes on.
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

constexpr const char* kName = "membership";
constexpr std::size_t kCapacity = std::size_t{64} << 10;
constexpr std::uint64_t kVisits = scaled(1500u);  // of each visitor

struct Report {
  std::atomic<int> ready;
  std::atomic<int> gone;            // visitors that have left for good
  std::atomic<std::uint64_t> tail;  // what the producer has surely published
  std::atomic<std::uint64_t> visits;
  std::atomic<std::uint64_t> received_by_visitors;
  std::atomic<std::uint64_t> seen_by_spectator;
  std::atomic<std::uint64_t> lost_by_spectator;
};

// Counts who leaves, by whatever way.
class Leaving {
 public:
  explicit Leaving(std::atomic<int>& gone) : gone_(gone) {}
  ~Leaving() { gone_.fetch_add(1); }
  Leaving(const Leaving&) = delete;
  Leaving& operator=(const Leaving&) = delete;

 private:
  std::atomic<int>& gone_;
};

class Membership : public ::testing::Test {
 protected:
  ringmain::Consumer attach(Start start, const char* group = "", bool spectator = false) const {
    return ringmain::Consumer::attach(
        kName, {.directory = directory_.path(), .group = group, .start = start, .spectator = spectator});
  }

  // One that stays, and sees everything.
  void stay() {
    auto consumer = attach(Start::oldest());
    report_->ready.fetch_add(1);
    for (std::uint64_t number = 0;; ++number) {
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) return;
      require(static_cast<bool>(message), describe(message.status()));
      require(stream_.is(number, message), "the one who stays: wrong message");
    }
  }

  void watch() {
    auto consumer = attach(Start::oldest(), "", /*spectator=*/true);
    report_->ready.fetch_add(1);
    std::uint64_t number = 0;
    for (;; ++number) {
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) break;
      require(static_cast<bool>(message), describe(message.status()));
      number += message.lost();
      const bool whole = stream_.is(number, message);
      require(whole || !message.still_valid(), "spectator: torn or wrong, but valid");
      report_->seen_by_spectator.fetch_add(1);
      if (number % 10'000 == 0) ::usleep(1000);
    }
    report_->lost_by_spectator.store(consumer.lost());
  }

  // Attaches, reads a little, leaves.
  void visit(std::uint64_t seed) {
    std::uint64_t lot = seed;
    for (std::uint64_t visits = 0; visits < kVisits; ++visits) {
      const std::uint64_t before = report_->tail.load();
      switch (mix(lot) % 4) {
        case 0: visit_alone(Start::latest(), before, lot); break;
        case 1: visit_alone(Start::oldest(), 0, lot); break;
        case 2: {
          const std::uint64_t wanted = before - std::min(before, mix(lot) % (2 * kCapacity));
          visit_alone(Start::at(wanted), wanted, lot);
          break;
        }
        default: visit_group(lot);
      }
      report_->visits.fetch_add(1);
    }
  }

  // Every message from the first on, which starts at or above `least`.
  void visit_alone(Start start, std::uint64_t least, std::uint64_t& lot) {
    auto consumer = attach(start);
    require(consumer.position() >= least, "starts too early");
    const std::uint64_t count = mix(lot) % 200;
    std::uint64_t expected = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const Message message = consumer.receive();
      require(static_cast<bool>(message), describe(message.status()));
      const auto number = stream_.number_of(message);
      require(number.has_value() && message.lost() == 0, "visitor: wrong message");
      require(i == 0 || *number == expected, "visitor: not the next message");
      expected = *number + 1;
    }
    report_->received_by_visitors.fetch_add(count);
  }

  // Of three groups that are founded and dissolved all the time.
  void visit_group(std::uint64_t& lot) {
    constexpr const char* kGroups[] = {"red", "green", "blue"};
    auto member = attach(mix(lot) % 2 == 0 ? Start::latest() : Start::oldest(), kGroups[mix(lot) % 3]);
    const std::uint64_t count = mix(lot) % 200;
    std::uint64_t least = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
      const Message message = member.receive();
      require(static_cast<bool>(message), describe(message.status()));
      const auto number = stream_.number_of(message);
      require(number.has_value() && *number >= least && !message.redelivered(), "member: wrong message");
      least = *number + 1;
    }
    report_->received_by_visitors.fetch_add(count);
  }

  TemporaryDirectory directory_;
  Stream stream_{4, 16, 600};
  Shared<Report> report_;
};

TEST_F(Membership, ComesAndGoesWithoutDisturbance) {
  constexpr int kVisitors = 3;
  const Watchdog watchdog(300);
  auto producer = ringmain::Producer::create(
      kName, {.directory = directory_.path(), .capacity = kCapacity, .spin = std::chrono::nanoseconds{0}});
  Child steady([&] { stay(); });
  Child spectator([&] { watch(); });
  wait_until([&] { return report_->ready.load() == 2; });
  std::vector<Child> visitors;
  for (std::uint64_t i = 0; i < kVisitors; ++i) {
    visitors.emplace_back([&, i] {
      const Leaving leaving(report_->gone);
      visit(i);
    });
  }
  MixedPublisher publisher(producer, stream_, 13);
  while (report_->gone.load() < kVisitors) {
    report_->tail.store(producer.position());
    publisher.step(~std::uint64_t{0});
  }
  for (Child& child : visitors) EXPECT_EQ(child.wait(), 0);
  producer.close();
  EXPECT_EQ(steady.wait(), 0);
  EXPECT_EQ(spectator.wait(), 0);

  const Statistics statistics = ringmain::statistics(kName, directory_.path());
  EXPECT_EQ(statistics.messages, publisher.next());
  EXPECT_TRUE(statistics.consumers.empty());
  EXPECT_TRUE(statistics.groups.empty());
  EXPECT_EQ(report_->visits.load(), kVisitors * kVisits);
  EXPECT_GT(report_->received_by_visitors.load(), kVisits);
  EXPECT_GT(report_->seen_by_spectator.load(), kVisits);
  EXPECT_GT(statistics.room_waits, scaled(100u));
  EXPECT_GT(producer.position() / kCapacity, scaled(100u));
  std::printf("  %lu messages, %lu laps, %lu visits, producer waited %lu times; the spectator saw %lu and lost %lu\n",
              statistics.messages, statistics.tail / kCapacity, report_->visits.load(), statistics.room_waits,
              report_->seen_by_spectator.load(), report_->lost_by_spectator.load());
  ringmain::remove(kName, directory_.path());
}

}  // namespace
}  // namespace ringmain::testing
