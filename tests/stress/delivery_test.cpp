// A reliable ring between real processes: every group gets every message, once, in order, whole.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/plan.hpp"
#include "support/publishing.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr int kConsumers = 3;
constexpr int kMembers = 3;

struct Report {
  std::atomic<bool> published_all;
  std::atomic<std::uint64_t> in_time[kConsumers + kMembers];  // messages received while the producer was publishing
};

class Delivery : public ::testing::TestWithParam<bool> {
 protected:
  static constexpr const char* kName = "delivery";

  // One producer, three consumers of their own, a group of three, over a ring of `capacity`.
  void run(const Plan& plan, std::size_t capacity);

  void produce(const Plan& plan, std::size_t capacity) {
    auto producer = ringmain::Producer::create(kName, {.directory = directory_.path(),
                                                       .capacity = capacity,
                                                       .full_fences = GetParam(),
                                                       .spin = std::chrono::nanoseconds{0}});
    require(producer.wait_for_consumers(kConsumers + 1) == Status::kOk, "consumers never came");
    MixedPublisher publisher(producer, plan.stream(), 11);
    while (publisher.next() < plan.messages()) publisher.step(plan.messages());
    report_->published_all.store(true);
    producer.close();
  }

  ringmain::Consumer attach(const char* group) const {
    return ringmain::Consumer::attach(kName, {.directory = directory_.path(),
                                              .group = group,
                                              .start = Start::oldest(),
                                              .wait_for_ring = kForever,
                                              .spin = std::chrono::nanoseconds{0}});
  }

  void consume(const Plan& plan, int index) {
    auto consumer = attach("");
    std::uint64_t number = 0;
    for (;; ++number) {
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) break;
      require(static_cast<bool>(message), describe(message.status()));
      require(plan.stream().is(number, message), "wrong message, expected number " + std::to_string(number));
      require(message.lost() == 0 && !message.redelivered(), "lost or redelivered");
      count(index);
    }
    require(number == plan.messages(), "ended after " + std::to_string(number));
  }

  void share(const Plan& plan, int index, std::atomic<std::uint8_t>* deliveries) {
    auto member = attach("workers");
    std::uint64_t least = 0;
    for (;;) {
      const Message message = member.receive();
      if (message.status() == Status::kEnd) break;
      require(static_cast<bool>(message), describe(message.status()));
      const auto number = plan.number_of(message);
      require(number.has_value() && *number >= least, "wrong message, or not in order");
      require(!message.redelivered(), "redelivered");
      least = *number + 1;
      deliveries[*number].fetch_add(1, std::memory_order_relaxed);
      count(index);
    }
  }

  void count(int index) const {
    if (!report_->published_all.load(std::memory_order_relaxed)) {
      report_->in_time[index].fetch_add(1, std::memory_order_relaxed);
    }
  }

  TemporaryDirectory directory_;
  Shared<Report> report_;
};

void Delivery::run(const Plan& plan, std::size_t capacity) {
  const Watchdog watchdog(300);
  const Shared<std::atomic<std::uint8_t>> deliveries(plan.messages());
  std::vector<Child> children;
  for (int i = 0; i < kConsumers; ++i) children.emplace_back([&] { consume(plan, i); });
  for (int i = 0; i < kMembers; ++i) children.emplace_back([&] { share(plan, kConsumers + i, &deliveries[0]); });
  children.emplace_back([&] { produce(plan, capacity); });
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);

  std::uint64_t wrong = 0;
  for (std::uint64_t n = 0; n < plan.messages(); ++n) wrong += deliveries[n].load() == 1 ? 0 : 1;
  EXPECT_EQ(wrong, 0u) << "messages that the group got not exactly once";

  const Statistics statistics = ringmain::statistics(kName, directory_.path());
  EXPECT_EQ(statistics.messages, plan.messages());
  EXPECT_EQ(statistics.bytes, plan.bytes());
  EXPECT_EQ(statistics.tail, plan.tail());
  EXPECT_TRUE(statistics.consumers.empty());
  EXPECT_TRUE(statistics.groups.empty());

  // It really was a race: all of them were at it together, round and round, and waited for each other.
  std::uint64_t by_members = 0;
  for (int i = 0; i < kConsumers; ++i) EXPECT_GT(report_->in_time[i].load(), plan.messages() / 2);
  for (int i = 0; i < kMembers; ++i) {
    by_members += report_->in_time[kConsumers + i].load();
    EXPECT_GT(report_->in_time[kConsumers + i].load(), plan.messages() / 100);
  }
  EXPECT_GT(by_members, plan.messages() / 2);
  EXPECT_GT(plan.tail() / capacity, scaled(1000u));
  EXPECT_GT(statistics.room_waits, scaled(100u));
  EXPECT_GT(statistics.bells, scaled(100u));
  std::printf("  %lu messages, %lu laps, producer waited %lu times, rang %lu times\n", plan.messages(),
              plan.tail() / capacity, statistics.room_waits, statistics.bells);
  ringmain::remove(kName, directory_.path());
}

TEST_P(Delivery, OfEverySizeThatFits) {
  constexpr std::size_t kCapacity = std::size_t{64} << 10;
  run(Plan(Stream(1, 0, max_message_bytes(kCapacity)), scaled(60'000u)), kCapacity);
}

TEST_P(Delivery, OfSmallMessages) {
  constexpr std::size_t kCapacity = std::size_t{64} << 10;
  run(Plan(Stream(2, 0, 1000), scaled(700'000u)), kCapacity);
}

INSTANTIATE_TEST_SUITE_P(Barriers, Delivery, ::testing::Bool(),
                         [](const auto& mode) { return mode.param ? "FullFences" : "Membarrier"; });

}  // namespace
}  // namespace ringmain::testing
