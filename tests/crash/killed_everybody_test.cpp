// Everybody is killed at one moment, hundreds of processes in all: whoever comes next goes on where they were.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <optional>
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

constexpr const char* kName = "killed-everybody";
constexpr const char* kGroup = "durable";
constexpr std::size_t kCapacity = std::size_t{64} << 10;
constexpr int kRounds = scaled(125);  // of four deaths
constexpr std::uint64_t kMost = 5'000'000;

struct Report {
  std::atomic<std::uint64_t> published;
  std::atomic<std::uint64_t> most_seen;  // one more than the highest number that any consumer got
  std::atomic<std::uint64_t> followed;   // messages that consumers of their own got
  std::atomic<std::uint64_t> redelivered;
};

class KilledEverybody : public ::testing::Test {
 protected:
  ringmain::Consumer attach(const char* group, bool durable) const {
    return ringmain::Consumer::attach(kName, {.directory = directory_.path(),
                                              .group = group,
                                              .durable = durable,
                                              .start = Start::oldest(),
                                              .outlive_producer = true});
  }

  void produce(std::uint64_t seed) const {
    auto producer = ringmain::Producer::open(kName, {.directory = directory_.path()});
    const std::uint64_t found = ringmain::statistics(kName, directory_.path()).messages;
    require(found >= report_->published.load() && found >= report_->most_seen.load(), "committed messages are lost");
    MixedPublisher publisher(producer, stream_, seed, found);
    for (std::uint64_t steps = 1; publisher.next() + kLargestBatch < kMost; ++steps) {
      report_->published.store(publisher.next());
      publisher.step(~std::uint64_t{0});
      if (steps % 64 == 0) ::usleep(50);
    }
  }

  void see(std::uint64_t number) const {
    std::uint64_t most = report_->most_seen.load();
    while (most <= number && !report_->most_seen.compare_exchange_weak(most, number + 1)) {
    }
  }

  // Whatever it starts with, it sees all that follows.
  void follow() const {
    auto consumer = attach("", false);
    std::optional<std::uint64_t> last;
    for (;;) {
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) return;
      require(static_cast<bool>(message), describe(message.status()));
      const auto number = stream_.number_of(message);
      require(number && (!last || *number == *last + 1), "not the next message");
      last = number;
      see(*number);
      report_->followed.fetch_add(1);
    }
  }

  void work() const {
    auto member = attach(kGroup, true);
    for (;;) {
      const Message message = member.receive();
      if (message.status() == Status::kEnd) return;
      require(static_cast<bool>(message), describe(message.status()));
      const auto number = stream_.number_of(message);
      require(number && *number < kMost, "wrong message");
      (message.redelivered() ? again_ : plain_)[*number].fetch_add(1);
      if (message.redelivered()) report_->redelivered.fetch_add(1);
      see(*number);
      if (*number % 16 == 0) ::usleep(100);  // lest nobody dies with a message in hand
    }
  }

  TemporaryDirectory directory_;
  Stream stream_{11, 16, 600};
  Shared<Report> report_;
  Shared<std::atomic<std::uint8_t>> plain_{kMost};
  Shared<std::atomic<std::uint8_t>> again_{kMost};
};

TEST_F(KilledEverybody, AtOneMoment) {
  const Watchdog watchdog(300);
  Child founders([&] {
    const auto producer = ringmain::Producer::create(kName, {.directory = directory_.path(), .capacity = kCapacity});
    const auto member = attach(kGroup, true);
    ::raise(SIGKILL);
  });
  EXPECT_EQ(founders.wait(), -SIGKILL);
  std::uint64_t lot = 19;
  for (int round = 0; round < kRounds && !HasFailure(); ++round) {
    std::vector<Child> all;
    all.emplace_back([&] { produce(static_cast<std::uint64_t>(round)); });
    all.emplace_back([&] { follow(); });
    all.emplace_back([&] { work(); });
    all.emplace_back([&] { work(); });
    ::usleep(static_cast<useconds_t>(mix(lot) % 12'000));
    for (const Child& child : all) ASSERT_FALSE(child.ended());
    for (const Child& child : all) child.signal(SIGKILL);
    all.clear();
  }
  Child last_member([&] { work(); });
  auto last = ringmain::Producer::open(kName, {.directory = directory_.path()});
  last.close();
  EXPECT_EQ(last_member.wait(), 0);

  const std::uint64_t total = ringmain::statistics(kName, directory_.path()).messages;
  std::uint64_t lost = 0;
  std::uint64_t unmarked = 0;
  for (std::uint64_t n = 0; n < total; ++n) {
    lost += plain_[n].load() + again_[n].load() == 0 ? 1 : 0;
    unmarked += plain_[n].load() > 1 ? 1 : 0;
  }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(unmarked, 0u) << "messages that came again without a mark";
  EXPECT_GE(total, report_->published.load());
  EXPECT_GT(total, static_cast<std::uint64_t>(kRounds));
  EXPECT_GT(report_->redelivered.load(), 0u);
  std::printf("  %d processes killed, %lu messages, %lu redelivered\n", 4 * kRounds, total,
              report_->redelivered.load());

  remove_group(kName, kGroup, directory_.path());
  { const auto joiner = attach("", false); }  // buries
  const Statistics statistics = ringmain::statistics(kName, directory_.path());
  EXPECT_TRUE(statistics.consumers.empty());
  EXPECT_TRUE(statistics.groups.empty());
  ringmain::remove(kName, directory_.path());
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace ringmain::testing
