// Rings are collected while others create them, take them over and attach to them: nobody loses the ring that he has.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

constexpr const char* kName = "collected";

struct Report {
  std::atomic<std::uint64_t> created, taken_over, attached, collected, spared;
  std::atomic<bool> finish;
};

class Collection : public ::testing::Test {
 protected:
  // Whether what it does worked; a status of these says that the ring wasn't there, or somebody else had it.
  template <class Work>
  static bool done(std::initializer_list<Status> expected, Work&& work) {
    try {
      work();
      return true;
    } catch (const Error& error) {
      require(std::find(expected.begin(), expected.end(), error.status()) != expected.end(), error.what());
      return false;
    }
  }

  static void require_kept(Status status) { require(status != Status::kRemoved, "was removed while it was held"); }

  void hold(Producer producer) const {
    require(producer.try_publish({}) != Status::kRemoved, "was removed while it was produced into");
    require_kept(producer.wait_for_consumers(kMaxConsumers + 1, 0ns));
    producer.abandon();
  }

  void produce() const {
    const RingOptions options{.directory = directory_.path(), .capacity = 64 << 10};
    while (!report_->finish) {
      if (done({Status::kExists}, [&] { hold(Producer::create(kName, options)); })) report_->created.fetch_add(1);
      if (done({Status::kNotFound}, [&] { hold(Producer::open(kName, {.directory = directory_.path()})); })) {
        report_->taken_over.fetch_add(1);
      }
    }
  }

  void consume() const {
    while (!report_->finish) {
      const bool attached = done({Status::kNotFound}, [&] {
        auto consumer = Consumer::attach(kName, {.directory = directory_.path()});
        for (int look = 0; look < 3; ++look) require_kept(consumer.receive_for(1us).status());
      });
      if (attached) report_->attached.fetch_add(1);
    }
  }

  void collect() const {
    while (!report_->finish) {
      done({Status::kNotFound}, [&] {
        const Keeper keeper = ringmain::collect(kName, directory_.path());
        (keeper == Keeper::kNobody ? report_->collected : report_->spared).fetch_add(1);
      });
    }
  }

  TemporaryDirectory directory_;
  Shared<Report> report_;
};

TEST_F(Collection, takes_the_dead_ring_and_never_the_living_one) {
  const std::uint64_t rounds = proof_scaled<std::uint64_t>(scaled(3'000), 100'000);
  std::array children{Child([&] { produce(); }), Child([&] { consume(); }), Child([&] { collect(); })};
  const auto enough = [&] {
    return report_->created >= rounds && report_->attached >= rounds / 100 && report_->taken_over >= rounds / 100;
  };
  const auto broken = [&] { return std::any_of(children.begin(), children.end(), [](auto& c) { return c.ended(); }); };
  while (!enough() && !broken()) std::this_thread::sleep_for(10ms);
  report_->finish = true;
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  EXPECT_GE(report_->collected, rounds - 1) << "nothing raced";
  EXPECT_GT(report_->spared, 0U);
  std::printf(
      "PROOF stress collection: %lu rings created, %lu collected, %lu spared, %lu taken over, %lu attached to\n",
      report_->created.load(), report_->collected.load(), report_->spared.load(), report_->taken_over.load(),
      report_->attached.load());
  if (!list(directory_.path()).empty()) {
    EXPECT_EQ(ringmain::collect(kName, directory_.path()), Keeper::kNobody);
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

}  // namespace
}  // namespace ringmain::testing
