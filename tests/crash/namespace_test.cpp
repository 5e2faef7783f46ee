// Containers: producer and consumers in other pid, user and ipc namespaces, with nothing in common but the directory.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/publishing.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "containers";
constexpr std::size_t kCapacity = std::size_t{64} << 10;
constexpr int kNamespaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC;

// A child in namespaces of its own: the first process of its pid namespace.
class Container {
 public:
  template <class Work>
  explicit Container(Work&& work)
      : keeper_([&] {
          require(::unshare(kNamespaces) == 0, "unshare");
          Child inner([&] {
            require(::getpid() == 1, "not a pid namespace of its own");
            work();
          });
          inner_->store(inner.pid());
          if (inner.wait() != 0) ::_exit(1);
        }) {
    wait_until([&] { return inner_->load() != 0 || keeper_.ended(); });
  }

  void kill() {  // the contained, as we see its pid
    ::kill(inner_->load(), SIGKILL);
    keeper_.wait();
  }
  int wait() { return keeper_.wait(); }
  bool ended() const { return keeper_.ended(); }

  static bool permitted() {
    return Child([] { require(::unshare(kNamespaces) == 0, "unshare"); }).wait() == 0;
  }

 private:
  Shared<std::atomic<pid_t>> inner_;
  Child keeper_;
};

struct Report {
  std::atomic<std::uint64_t> received[2];
  std::atomic<std::uint64_t> published;
  std::atomic<bool> finish;
};

class Namespaces : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Container::permitted()) GTEST_SKIP() << "no namespaces may be made here";
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
      least = *number + 1;
      report_->received[index].fetch_add(1);
    }
  }
  void follow_to(Status last, const char* group, int index, bool outlive = false) const {
    const Status status = follow(group, index, outlive);
    require(status == last, std::string("ended with: ") + describe(status));
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
    Container other([&] { require(count() == std::pair(producer, consumers), "seen otherwise from inside"); });
    EXPECT_EQ(other.wait(), 0);
  }

  const Watchdog watchdog_{120};
  TemporaryDirectory directory_;
  Stream stream_{12, 16, 600};
  Shared<Report> report_;
};

TEST_F(Namespaces, ConsumersInsideAndTheirDeaths) {
  Child producer([&] { produce(/*create=*/true); });
  Container alone([&] { follow("", 0); });
  Container member([&] { follow("workers", 1); });
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
  Container producer([&] { produce(/*create=*/true); });
  Child outside([&] { follow_to(Status::kProducerLost, "", 0); });
  Container inside([&] { follow_to(Status::kProducerLost, "", 1); });
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
  Container first([&] { produce(/*create=*/true); });
  Child outside([&] { follow_to(Status::kEnd, "", 0, /*outlive=*/true); });
  Container inside([&] { follow_to(Status::kEnd, "workers", 1, /*outlive=*/true); });
  wait_for_some(report_->received[0]);
  wait_for_some(report_->received[1]);
  first.kill();
  Container second([&] { produce(/*create=*/false); });
  wait_for_some(report_->received[0]);
  wait_for_some(report_->received[1]);
  expect_alive(true, 2);
  report_->finish.store(true);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_EQ(outside.wait(), 0);
  EXPECT_EQ(inside.wait(), 0);
}

// All is inside, each in a container of its own, and both have pid 1.
TEST_F(Namespaces, DeathOfAConsumerIsNoticedFromInside) {
  Container producer([&] { produce(/*create=*/true); });
  Container consumer([&] { follow("", 0); });
  wait_for_some(report_->received[0]);
  consumer.kill();
  wait_for_some(report_->published);
  expect_alive(true, 0);
  report_->finish.store(true);
  EXPECT_EQ(producer.wait(), 0);
}

}  // namespace
}  // namespace ringmain::testing
