// The producer of an unnamed ring is killed at a random moment, time and again; the next one takes over by the descriptors.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <vector>

#include "descriptor.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "segment.hpp"
#include "support/child.hpp"
#include "support/follower.hpp"
#include "support/mix.hpp"
#include "support/publishing.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

constexpr std::size_t kCapacity = std::size_t{64} << 10;
constexpr int kKills = scaled(100);

struct Report {
  std::atomic<std::uint64_t> published;  // messages whose publishing returned
  std::atomic<int> producers;            // that got to work
};

class KilledUnnamedProducer : public ::testing::Test {
 protected:
  KilledUnnamedProducer() {
    auto first = ringmain::Producer::create_unnamed({.capacity = kCapacity, .take_over = true});
    const RingDescriptors ring = first.descriptors();
    ring_ = Descriptor(::dup(ring.ring));
    consumers_ = Descriptor(::dup(ring.consumers));
    first.abandon();
  }

  RingDescriptors descriptors() const { return {ring_.get(), consumers_.get()}; }
  ringmain::Consumer attach(const char* group) const {
    return ringmain::Consumer::attach(descriptors(),
                                      {.group = group, .start = Start::oldest(), .outlive_producer = true});
  }

  // To the end of the stream, from its first message on.
  void consume(const char* group) const {
    const bool shared = group[0] != '\0';
    Follower follower(attach(group), stream_, shared ? Follower::Group::kShared : Follower::Group::kOwn,
                      shared ? &tally_ : nullptr);
    const Status last = follower.follow();
    require(last == Status::kEnd, describe(last));
    require(follower.consumer().lost() == 0 && follower.redelivered() == 0, "lost, or came again");
    if (!shared) require(follower.received() == report_->published.load(), "not all came");
  }

  std::uint64_t messages() const {
    const Segment segment = Segment::open(descriptors(), Access::kWatch);
    return algorithm::newest(segment.ring()).value().messages;
  }

  // Goes on where the last producer was killed.
  void produce(std::uint64_t seed) const {
    auto producer = ringmain::Producer::open(descriptors());
    const std::uint64_t next = messages();
    const std::uint64_t published = report_->published.load();
    require(next >= published && next <= published + kLargestBatch, "lost, or found too many");
    report_->published.store(next);
    report_->producers.fetch_add(1);
    MixedPublisher publisher(producer, stream_, seed, next);
    for (;;) {
      publisher.step(~std::uint64_t{0});
      report_->published.store(publisher.next());
    }
  }

  Stream stream_{23, 16, 2000};
  Shared<Report> report_;
  Tally tally_{kCapacity};
  Descriptor ring_;
  Descriptor consumers_;
};

TEST_F(KilledUnnamedProducer, TimeAndAgain) {
  const Watchdog watchdog(300);
  std::vector<Child> consumers;
  for (const char* group : {"", "", "workers", "workers"}) consumers.emplace_back([&, group] { consume(group); });
  {
    auto first = ringmain::Producer::open(descriptors());
    wait_until([&] { return first.attachments() == consumers.size(); });
    first.abandon();
  }
  std::uint64_t lot = 4;
  for (int kill = 0; kill < kKills && !HasFailure(); ++kill) {
    const std::uint64_t before = report_->published.load();
    Child producer([&] { produce(static_cast<std::uint64_t>(kill)); });
    if (kill % 4 != 0) wait_until([&] { return producer.ended() || report_->published.load() > before; });
    ::usleep(static_cast<useconds_t>(mix(lot) % 3000));
    EXPECT_FALSE(producer.ended());
    producer.kill();
    for (const Child& consumer : consumers) ASSERT_FALSE(consumer.ended());
  }
  auto last = ringmain::Producer::open(descriptors());
  const std::uint64_t total = messages();
  EXPECT_GE(total, report_->published.load());
  report_->published.store(total);
  last.close();
  for (Child& consumer : consumers) EXPECT_EQ(consumer.wait(), 0);
  EXPECT_GE(report_->producers.load(), kKills * 3 / 4);
  EXPECT_GT(total, static_cast<std::uint64_t>(kKills));
  std::printf("  %d kills, %d take-overs, %lu messages\n", kKills, report_->producers.load(), total);
}

}  // namespace
}  // namespace ringmain::testing
