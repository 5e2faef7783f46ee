// The producer is killed at a random moment, hundreds of times in a row; the next one takes over, and the consumers go on
// without noticing.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/durations.hpp"
#include "support/publishing.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "killed-producer";
constexpr std::size_t kCapacity = std::size_t{64} << 10;
constexpr int kKills = scaled(500);

struct Report {
  std::atomic<std::uint64_t> found;      // messages that the present producer found
  std::atomic<std::uint64_t> published;  // messages whose publishing returned
  std::atomic<int> producers;            // that got to work
  std::array<std::atomic<std::uint64_t>, 2> seen;
  std::atomic<std::uint64_t> shared;   // messages that the group got
  std::atomic<std::int64_t> first_at;  // when a consumer got the first message of the present producer
};

class KilledProducer : public ::testing::TestWithParam<Policy> {
 protected:
  ringmain::Consumer attach(const char* group) const {
    return ringmain::Consumer::attach(
        kName, {.directory = directory_.path(), .group = group, .start = Start::oldest(), .outlive_producer = true});
  }

  // Sees every message once, in order, whatever happens to the producers.
  void consume(std::size_t index) const {
    auto consumer = attach("");
    for (std::uint64_t number = 0;; ++number) {
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) return;
      require(static_cast<bool>(message), describe(message.status()));
      number += message.lost();
      require(message.lost() == 0 || GetParam() == Policy::kOverwrite, "lost");
      const bool whole = stream_.is(number, message);
      require(whole || !message.still_valid(), "not message " + std::to_string(number));
      report_->seen[index].store(number + 1);
      std::int64_t none = 0;
      if (number >= report_->found.load()) report_->first_at.compare_exchange_strong(none, monotonic_ns());
    }
  }

  void share() const {
    auto member = attach("workers");
    std::uint64_t least = 0;
    for (;;) {
      const Message message = member.receive();
      if (message.status() == Status::kEnd) return;
      require(static_cast<bool>(message), describe(message.status()));
      const auto number = stream_.number_of(message);
      require(number && *number >= least && !message.redelivered(), "member: wrong message");
      least = *number + 1;
      report_->shared.fetch_add(1);
    }
  }

  // Goes on where the last producer was killed.
  void produce(std::uint64_t seed) const {
    auto producer = ringmain::Producer::open(kName, {.directory = directory_.path()});
    const std::uint64_t found = ringmain::statistics(kName, directory_.path()).messages;
    const std::uint64_t published = report_->published.load();
    require(found >= published, "lost: found " + std::to_string(found) + ", published " + std::to_string(published));
    require(found <= published + kLargestBatch, "found too many");
    for (const auto& seen : report_->seen) require(seen.load() <= found, "a consumer saw what is not there");
    report_->found.store(found);
    report_->published.store(found);
    report_->producers.fetch_add(1);
    MixedPublisher publisher(producer, stream_, seed, found);
    for (;;) {
      publisher.step(~std::uint64_t{0});
      report_->published.store(publisher.next());
    }
  }

  // By one who dies without closing.
  void create() const {
    Child creator([&] {
      const auto producer = ringmain::Producer::create(
          kName, {.directory = directory_.path(), .capacity = kCapacity, .policy = GetParam()});
      ::raise(SIGKILL);
    });
    EXPECT_EQ(creator.wait(), -SIGKILL);
  }

  // A producer takes over and is killed after a while: while it publishes, or earlier.
  void live_and_die(int kill, useconds_t after, Durations& took_over) {
    report_->found.store(~std::uint64_t{0});
    report_->first_at.store(0);
    const std::int64_t born = monotonic_ns();
    Child producer([&] { produce(static_cast<std::uint64_t>(kill)); });
    if (kill % 4 != 0) {
      wait_until([&] { return producer.ended() || report_->first_at.load() != 0; });
      took_over.add(report_->first_at.load() - born);
    }
    ::usleep(after);
    EXPECT_FALSE(producer.ended());
    producer.kill();
  }

  TemporaryDirectory directory_;
  Stream stream_{9, 16, 2000};
  Shared<Report> report_;
};

TEST_P(KilledProducer, HundredsOfTimes) {
  const Watchdog watchdog(300);
  const bool reliable = GetParam() == Policy::kWait;
  create();
  std::vector<Child> consumers;
  for (std::size_t i = 0; i < 2; ++i) consumers.emplace_back([&, i] { consume(i); });
  if (reliable) {
    for (int i = 0; i < 2; ++i) consumers.emplace_back([&] { share(); });
  }
  wait_until([&] { return ringmain::statistics(kName, directory_.path()).consumers.size() == consumers.size(); });

  Durations took_over;
  std::uint64_t lot = 15;
  for (int kill = 0; kill < kKills && !HasFailure(); ++kill) {
    live_and_die(kill, static_cast<useconds_t>(mix(lot) % 3000), took_over);
    for (const Child& consumer : consumers) ASSERT_FALSE(consumer.ended());
  }

  auto last = ringmain::Producer::open(kName, {.directory = directory_.path()});
  const std::uint64_t total = ringmain::statistics(kName, directory_.path()).messages;
  last.close();
  for (Child& consumer : consumers) EXPECT_EQ(consumer.wait(), 0);
  EXPECT_GE(total, report_->published.load());
  if (reliable) {
    for (const auto& seen : report_->seen) EXPECT_EQ(seen.load(), total);
    EXPECT_EQ(report_->shared.load(), total);
  }
  EXPECT_GE(report_->producers.load(), kKills * 3 / 4);
  EXPECT_GT(total, static_cast<std::uint64_t>(kKills));
  const Statistics statistics = ringmain::statistics(kName, directory_.path());
  EXPECT_TRUE(statistics.consumers.empty());
  EXPECT_GT(statistics.tail / kCapacity, scaled(20u));
  took_over.print("birth of the next producer to its first message at a consumer");
  std::printf("  %d kills, %d take-overs, %lu messages, %lu laps\n", kKills, report_->producers.load(), total,
              statistics.tail / kCapacity);
  ringmain::remove(kName, directory_.path());
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

INSTANTIATE_TEST_SUITE_P(Policies, KilledProducer, ::testing::Values(Policy::kWait, Policy::kOverwrite),
                         [](const auto& policy) { return policy.param == Policy::kWait ? "Reliable" : "Lossy"; });

}  // namespace
}  // namespace ringmain::testing
