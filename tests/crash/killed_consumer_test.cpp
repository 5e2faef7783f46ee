// Consumers and members of groups are killed at random moments, hundreds of times in a row: the producer goes on, the
// others go on, and what a dead member held comes to another.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <deque>
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

constexpr const char* kName = "killed-consumer";
constexpr const char* kGroup = "workers";
constexpr std::size_t kCapacity = std::size_t{64} << 10;
constexpr int kKills = scaled(500);
constexpr std::uint64_t kMost = 20'000'000;  // messages that a test can follow

struct Report {
  std::atomic<std::uint64_t> published;
  std::atomic<std::int64_t> published_at;  // the last of them
  std::atomic<std::uint64_t> received;     // by the present victim
  std::atomic<std::uint64_t> redelivered;
  std::atomic<std::uint64_t> seen;  // by the witness
  std::atomic<bool> finish;
};

class KilledConsumer : public ::testing::Test {
 protected:
  ringmain::Consumer attach(const char* group) const {
    return ringmain::Consumer::attach(
        kName, {.directory = directory_.path(), .group = group, .start = Start::oldest(), .wait_for_ring = kForever});
  }

  void produce(std::size_t groups) const {
    auto producer = ringmain::Producer::create(kName, {.directory = directory_.path(), .capacity = kCapacity});
    require(producer.wait_for_consumers(groups) == Status::kOk, "who is to see all never came");
    MixedPublisher publisher(producer, stream_, 16);
    for (std::uint64_t steps = 1; !report_->finish.load(); ++steps) {
      require(publisher.next() + kLargestBatch < kMost, "more messages than the test can follow");
      publisher.step(~std::uint64_t{0});
      if (steps % 64 == 0) ::usleep(50);
      report_->published_at.store(monotonic_ns());
      report_->published.store(publisher.next());
    }
  }

  void witness() const {
    auto consumer = attach("");
    for (std::uint64_t number = 0;; ++number) {
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) return;
      require(static_cast<bool>(message), describe(message.status()));
      require(stream_.is(number, message), "not message " + std::to_string(number));
      report_->seen.store(number + 1);
    }
  }

  // Counts each message that it gets: in `plain`, or as redelivered; and works for a while on each.
  void work(std::atomic<std::uint8_t>* plain, std::atomic<std::uint8_t>* again, std::uint64_t hold_at) const {
    auto member = attach(kGroup);
    for (std::uint64_t count = 0;; ++count) {
      const Message message = member.receive();
      if (message.status() == Status::kEnd) return;
      require(static_cast<bool>(message), describe(message.status()));
      const auto number = stream_.number_of(message);
      require(number && *number < kMost, "member: wrong message");
      if (message.redelivered()) {
        again[*number].fetch_add(1);
        report_->redelivered.fetch_add(1);
      } else {
        plain[*number].fetch_add(1);
      }
      report_->received.fetch_add(1);
      if (count == hold_at) hold_for_ever();
    }
  }

  // A consumer that gets stuck after some messages, so that the producer has to wait for it.
  void get_stuck(std::uint64_t after) const {
    auto consumer = attach("");
    for (std::uint64_t count = 0;; ++count) {
      const Message message = consumer.receive();
      require(static_cast<bool>(message), describe(message.status()));
      require(stream_.number_of(message).has_value(), "wrong message");
      report_->received.fetch_add(1);
      if (count == after) hold_for_ever();
    }
  }

  // One that passes message after message, and gives back those that are `most` behind the newest: never, if a ring
  // doesn't hold so many.
  void hold_many(std::size_t most) const {
    auto consumer = attach("");
    for (std::deque<std::uint64_t> ends;;) {
      Message message = consumer.receive();
      require(static_cast<bool>(message), describe(message.status()));
      require(stream_.number_of(message).has_value(), "wrong message");
      ends.push_back(message.position() + algorithm::extent_of(message.bytes().size()));
      message.pass();
      report_->received.fetch_add(1);
      if (ends.size() <= most) continue;
      consumer.release_below(ends.front());
      ends.pop_front();
    }
  }

  [[noreturn]] static void hold_for_ever() {
    for (;;) ::pause();
  }

  // With `groups` that see everything, the witness included.
  void begin(std::size_t groups = 1) {
    producer_ = Child([&] { produce(groups); });
    witness_ = Child([&] { witness(); });
    wait_until([&] { return report_->seen.load() > 0; });
  }

  // Until the producer stands still, or is not held at all after all.
  void wait_until_blocked() const {
    wait_until([&] { return monotonic_ns() - report_->published_at.load() > 5'000'000; });
  }

  // How long after the death the producer published again.
  std::int64_t kill_and_wait(Child& victim) {
    const std::uint64_t before = report_->published.load();
    const std::int64_t killed_at = monotonic_ns();
    victim.kill();
    wait_until([&] { return report_->published.load() > before || producer_.ended(); });
    EXPECT_FALSE(producer_.ended());
    return monotonic_ns() - killed_at;
  }

  void end() {
    report_->finish.store(true);
    EXPECT_EQ(producer_.wait(), 0);
    EXPECT_EQ(witness_.wait(), 0);
    EXPECT_EQ(report_->seen.load(), report_->published.load());
    EXPECT_EQ(ringmain::statistics(kName, directory_.path()).messages, report_->published.load());
  }

  void expect_nothing_left() {
    { const auto joiner = attach(""); }  // buries
    const Statistics statistics = ringmain::statistics(kName, directory_.path());
    EXPECT_TRUE(statistics.consumers.empty());
    EXPECT_TRUE(statistics.groups.empty());
    ringmain::remove(kName, directory_.path());
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  }

  // Victims that live(stuck, lot): every other one holds the producer in the end, by what it does after `lot` messages.
  template <class Live>
  void kill_one_after_another(Live&& live) {
    begin();
    Durations unblocked;
    std::uint64_t lot = 17;
    for (int kill = 0; kill < kKills && !HasFailure(); ++kill) {
      report_->received.store(0);
      const bool stuck = kill % 2 == 0;
      const std::uint64_t drawn = mix(lot) % 100;
      Child victim([&] { live(stuck, drawn); });
      if (stuck) {
        wait_until([&] { return victim.ended() || report_->received.load() > 0; });
        wait_until_blocked();
      } else {
        ::usleep(static_cast<useconds_t>(mix(lot) % 3000));  // while it attaches, or reads
      }
      ASSERT_FALSE(victim.ended());
      const std::int64_t took = kill_and_wait(victim);
      if (stuck) unblocked.add(took);
    }
    unblocked.print("kill of a consumer to the next publish");
    end();
    expect_nothing_left();
  }

  const Watchdog watchdog_{300};
  TemporaryDirectory directory_;
  Stream stream_{10, 16, 600};
  Shared<Report> report_;
  Child witness_;
  Child producer_;
};

TEST_F(KilledConsumer, ThatHoldsTheProducer) {
  kill_one_after_another([&](bool stuck, std::uint64_t lot) { get_stuck(stuck ? lot : ~std::uint64_t{0}); });
}

TEST_F(KilledConsumer, ThatHoldsManyMessages) {
  kill_one_after_another([&](bool stuck, std::uint64_t lot) { hold_many(stuck ? ~std::size_t{0} : lot); });
}

// The end of the stream is no end while a dead member holds a message.
TEST_F(KilledConsumer, LeavesItsMessageEvenAtTheEnd) {
  auto producer = ringmain::Producer::create(kName, {.directory = directory_.path(), .capacity = kCapacity});
  auto survivor = attach(kGroup);
  EXPECT_FALSE(survivor.try_receive());  // has just looked after the dead
  Child dead([&] {
    auto member = attach(kGroup);
    const Message message = member.receive();
    ::raise(SIGKILL);
  });
  ASSERT_EQ(producer.publish(stream_.message(0, 0), Stream::type_of(0)), Status::kOk);
  EXPECT_EQ(dead.wait(), -SIGKILL);
  producer.close();
  {
    const Message message = survivor.receive();
    ASSERT_TRUE(message) << describe(message.status());
    EXPECT_TRUE(stream_.is(0, message));
    EXPECT_TRUE(message.redelivered());
  }
  EXPECT_EQ(survivor.receive().status(), Status::kEnd);
}

TEST_F(KilledConsumer, OfAGroup) {
  const Shared<std::atomic<std::uint8_t>> plain(kMost);
  const Shared<std::atomic<std::uint8_t>> again(kMost);
  std::vector<Child> members;
  for (int i = 0; i < 2; ++i) members.emplace_back([&] { work(&plain[0], &again[0], ~std::uint64_t{0}); });
  begin(2);
  wait_until([&] { return report_->received.load() > 0; });
  Durations unblocked;
  std::uint64_t lot = 18;
  for (int kill = 0; kill < kKills && !HasFailure(); ++kill) {
    const bool stuck = kill % 8 == 0;
    Child victim([&] { work(&plain[0], &again[0], stuck ? mix(lot) % 100 : ~std::uint64_t{0}); });
    if (stuck) wait_until_blocked();
    ::usleep(static_cast<useconds_t>(mix(lot) % 3000));
    ASSERT_FALSE(victim.ended());
    const std::int64_t took = kill_and_wait(victim);
    if (stuck) unblocked.add(took);
  }
  unblocked.print("kill of a member that holds a message to the next publish");
  end();
  for (Child& member : members) EXPECT_EQ(member.wait(), 0);

  std::uint64_t lost = 0;
  std::uint64_t unmarked = 0;
  for (std::uint64_t n = 0; n < report_->published.load(); ++n) {
    lost += plain[n].load() + again[n].load() == 0 ? 1 : 0;
    unmarked += plain[n].load() > 1 ? 1 : 0;
  }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(unmarked, 0u) << "messages that came again without a mark";
  EXPECT_GT(report_->redelivered.load(), static_cast<std::uint64_t>(kKills) / 16);
  std::printf("  %lu messages, %lu redelivered\n", report_->published.load(), report_->redelivered.load());
  expect_nothing_left();
}

}  // namespace
}  // namespace ringmain::testing
