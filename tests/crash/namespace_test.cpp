// Containers: producer and consumers in other pid, user, ipc and mount namespaces, with nothing in common but the
// directory; and a pid that a dead one had and a living one has.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <optional>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/container.hpp"
#include "support/publishing.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "containers";
constexpr std::size_t kCapacity = std::size_t{64} << 10;

struct Report {
  std::atomic<std::uint64_t> received[2];
  std::atomic<std::uint64_t> published;
  std::atomic<std::uint64_t> redelivered;
  std::atomic<bool> finish;
  std::atomic<bool> holds;         // a member, a message
  std::atomic<bool> pid_is_taken;  // of a dead one, by a living one
};

class Namespaces : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Container::permitted(directory_.path())) GTEST_SKIP() << "no namespaces may be made here";
  }

  ringmain::Consumer attach(const char* group, bool outlive) const {
    return ringmain::Consumer::attach(kName, {.directory = directory_.path(),
                                              .group = group,
                                              .start = Start::oldest(),
                                              .wait_for_ring = kForever,
                                              .outlive_producer = outlive});
  }

  // Until something else than a message comes.
  Status follow(const char* group, int index, bool outlive = false) const {
    auto consumer = attach(group, outlive);
    std::uint64_t least = 0;
    for (;;) {
      const Message message = consumer.receive();
      if (!message) return message.status();
      const auto number = stream_.number_of(message);
      require(number && (*number >= least || message.redelivered()), "wrong message");
      require(*group != '\0' || least == 0 || *number == least, "not the next message");
      least = std::max(least, *number + 1);
      report_->received[index].fetch_add(1);
      if (message.redelivered()) report_->redelivered.fetch_add(1);
    }
  }
  void follow_to(Status last, const char* group, int index, bool outlive = false) const {
    const Status status = follow(group, index, outlive);
    require(status == last, std::string("ended with: ") + describe(status));
  }

  // One that is there to be killed.
  void hold_a_message(const char* group) const {
    auto member = attach(group, /*outlive=*/true);
    const Message message = member.receive();
    report_->holds.store(static_cast<bool>(message));
    ::pause();
  }

  void produce(bool create) const {
    auto producer = create ? ringmain::Producer::create(kName, {.directory = directory_.path(), .capacity = kCapacity})
                           : ringmain::Producer::open(kName, {.directory = directory_.path()});
    require(producer.wait_for_consumers(1) == Status::kOk, "nobody came");
    MixedPublisher publisher(producer, stream_, 22, ringmain::statistics(kName, directory_.path()).messages);
    while (!report_->finish.load()) {
      publisher.step(~std::uint64_t{0});
      report_->published.store(publisher.next());
    }
  }

  void wait_for_some(const std::atomic<std::uint64_t>& count) const {
    const std::uint64_t enough = count.load() + 3000;
    wait_until([&] { return count.load() > enough; });
  }

  // The dead are seen dead, the living alive: from here, and from yet another container.
  void expect_alive(bool producer, std::size_t consumers) const {
    const auto count = [&] {
      const Statistics now = ringmain::statistics(kName, directory_.path());
      std::size_t alive = 0;
      for (const auto& consumer : now.consumers) alive += consumer.alive ? 1 : 0;
      return std::pair(now.producer_alive, alive);
    };
    EXPECT_EQ(count(), std::pair(producer, consumers));
    Container other(directory_.path(),
                    [&] { require(count() == std::pair(producer, consumers), "seen otherwise from inside"); });
    EXPECT_EQ(other.wait(), 0);
  }

  const Watchdog watchdog_{120};
  TemporaryDirectory directory_;
  Stream stream_{12, 16, 600};
  Shared<Report> report_;
};

TEST_F(Namespaces, ConsumersInsideAndTheirDeaths) {
  Child producer([&] { produce(/*create=*/true); });
  Container alone(directory_.path(), [&] { follow("", 0); });
  Container member(directory_.path(), [&] { follow("workers", 1); });
  Child survivor([&] { follow_to(Status::kEnd, "workers", 1); });
  wait_for_some(report_->received[0]);
  wait_for_some(report_->received[1]);
  expect_alive(true, 3);

  alone.kill();
  wait_for_some(report_->published);  // the producer, outside, noticed
  member.kill();
  wait_for_some(report_->received[1]);  // the other member, outside, noticed
  expect_alive(true, 1);
  report_->finish.store(true);
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(survivor.wait(), 0);
  EXPECT_TRUE(ringmain::statistics(kName, directory_.path()).consumers.empty());
}

TEST_F(Namespaces, ProducerInsideAndItsDeath) {
  Container producer(directory_.path(), [&] { produce(/*create=*/true); });
  Child outside([&] { follow_to(Status::kProducerLost, "", 0); });
  Container inside(directory_.path(), [&] { follow_to(Status::kProducerLost, "", 1); });
  wait_for_some(report_->received[0]);
  wait_for_some(report_->received[1]);
  expect_alive(true, 2);
  EXPECT_THROW(ringmain::Producer::open(kName, {.directory = directory_.path()}), Error);

  producer.kill();
  EXPECT_EQ(outside.wait(), 0);
  EXPECT_EQ(inside.wait(), 0);
  expect_alive(false, 0);
}

TEST_F(Namespaces, TakeOverByAnotherContainer) {
  const int deaths = proof_scaled(5, 100);
  std::optional<Container> producer(std::in_place, directory_.path(), [&] { produce(/*create=*/true); });
  Child outside([&] { follow_to(Status::kEnd, "", 0, /*outlive=*/true); });
  Container inside(directory_.path(), [&] { follow_to(Status::kEnd, "workers", 1, /*outlive=*/true); });
  for (int death = 0; death < deaths; ++death) {
    wait_for_some(report_->received[0]);
    wait_for_some(report_->received[1]);
    producer->kill();
    producer.reset();
    producer.emplace(directory_.path(), [&] { produce(/*create=*/false); });
  }
  wait_for_some(report_->received[0]);
  wait_for_some(report_->received[1]);
  expect_alive(true, 2);
  report_->finish.store(true);
  EXPECT_EQ(producer->wait(), 0);
  EXPECT_EQ(outside.wait(), 0);
  EXPECT_EQ(inside.wait(), 0);
  std::printf("PROOF namespaces take-over: %d kills, 0 bad\n", deaths);
}

// A member dies with a message in its hands; those outside, in another container, and beside it, get it.
TEST_F(Namespaces, MessageOfADeadMemberIsTakenOver) {
  const int deaths = proof_scaled(3, 50);
  Child producer([&] { produce(/*create=*/true); });
  Child survivor([&] { follow_to(Status::kEnd, "workers", 0); });
  wait_for_some(report_->received[0]);
  for (int death = 0; death < deaths; ++death) {
    Container member(directory_.path(), [&] { hold_a_message("workers"); });
    wait_until([&] { return report_->holds.exchange(false); });
    member.kill();
    wait_for_some(report_->received[0]);
    expect_alive(true, 1);
  }
  report_->finish.store(true);
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(survivor.wait(), 0);
  EXPECT_EQ(report_->redelivered.load(), static_cast<std::uint64_t>(deaths));
  std::printf("PROOF namespaces redelivery: %d kills, %lu redelivered, 0 bad\n", deaths, report_->redelivered.load());
}

// All is inside, each in a container of its own, and both have pid 1.
TEST_F(Namespaces, DeathOfAConsumerIsNoticedFromInside) {
  Container producer(directory_.path(), [&] { produce(/*create=*/true); });
  Container consumer(directory_.path(), [&] { follow("", 0); });
  wait_for_some(report_->received[0]);
  consumer.kill();
  wait_for_some(report_->published);
  expect_alive(true, 0);
  report_->finish.store(true);
  EXPECT_EQ(producer.wait(), 0);
}

// --- a reused pid: whoever has the pid of a dead one lives, and is not him

class ReusedPid : public Namespaces {
 protected:
  // A container in which `work` is killed when `killed_when()`; from then on somebody else has its pid.
  template <class Work, class When>
  Container reused(Work&& work, When&& killed_when) {
    return Container(directory_.path(), [=, this] {
      Child mortal(work);
      const pid_t pid = mortal.pid();
      wait_until(killed_when);
      mortal.kill();
      const Child other = born_as(pid, [] { ::pause(); });
      report_->pid_is_taken.store(true);
      ::pause();
    });
  }
  void wait_until_taken() const {
    wait_until([&] { return report_->pid_is_taken.load(); });
  }
  void print(const char* of) const { std::printf("PROOF namespaces pid reused %s: 1 kills, 0 bad\n", of); }
};

TEST_F(ReusedPid, OfAConsumerHoldsNobody) {
  Child producer([&] { produce(/*create=*/true); });
  Container container = reused([this] { follow("", 0); }, [this] { return report_->received[0].load() > 3000; });
  wait_until_taken();
  wait_for_some(report_->published);
  wait_for_some(report_->published);
  expect_alive(true, 0);
  EXPECT_FALSE(container.ended());
  report_->finish.store(true);
  EXPECT_EQ(producer.wait(), 0);
  print("of a consumer");
}

TEST_F(ReusedPid, OfAMemberKeepsNoMessage) {
  Child producer([&] { produce(/*create=*/true); });
  Child survivor([&] { follow_to(Status::kEnd, "workers", 0); });
  wait_for_some(report_->received[0]);
  Container container = reused([this] { hold_a_message("workers"); }, [this] { return report_->holds.load(); });
  wait_until_taken();
  wait_for_some(report_->received[0]);
  wait_for_some(report_->received[0]);
  expect_alive(true, 1);
  EXPECT_FALSE(container.ended());
  report_->finish.store(true);
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(survivor.wait(), 0);
  EXPECT_EQ(report_->redelivered.load(), 1u);
  print("of a member with a message");
}

TEST_F(ReusedPid, OfAProducerIsNoProducer) {
  Container container =
      reused([this] { produce(/*create=*/true); }, [this] { return report_->received[0].load() > 3000; });
  Child consumer([&] { follow_to(Status::kProducerLost, "", 0); });
  wait_until_taken();
  EXPECT_EQ(consumer.wait(), 0);
  expect_alive(false, 0);
  EXPECT_FALSE(container.ended());
  EXPECT_NO_THROW(ringmain::Producer::open(kName, {.directory = directory_.path()}));
  print("of a producer");
}

}  // namespace
}  // namespace ringmain::testing
