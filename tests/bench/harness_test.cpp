// What the figures rest on: percentiles, the sums of payloads, the schedule of paced messages.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "carriers/lines.hpp"
#include "harness/latencies.hpp"
#include "workloads/paced.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {
namespace {

TEST(Latencies, PercentilesAreExact) {
  Latencies latencies(2000);
  latencies.record(77);
  latencies.end_round();
  latencies.clear();
  for (std::uint64_t i = 1000; i >= 1; --i) latencies.record(i);
  latencies.end_round();
  for (std::uint64_t i = 0; i < 10; ++i) latencies.record(5000);
  latencies.end_round();
  latencies.freeze();
  latencies.record(1);
  ASSERT_EQ(latencies.rounds(), 2U);
  const std::vector<std::uint32_t> first = sorted(latencies.round(0));
  EXPECT_EQ(first.size(), 1000U);
  EXPECT_EQ(percentile(first, 0.5), 501);
  EXPECT_EQ(percentile(first, 0.999), 1000);
  EXPECT_EQ(percentile(first, 1), 1000);
  EXPECT_EQ(latencies.round(1).size(), 10U);
  EXPECT_EQ(latencies.all().size(), 1010U);
  EXPECT_EQ(percentile(sorted(latencies.all()), 1), 5000);
}

TEST(Latencies, WhatIsTooLongOrTooMuchIsKeptWithin) {
  Latencies latencies(2);
  latencies.record(std::uint64_t{1} << 40);
  latencies.record(1);
  latencies.record(2);
  ASSERT_EQ(latencies.all().size(), 2U);
  EXPECT_EQ(latencies.all()[0], std::uint32_t{0} - 1);
}

TEST(Payload, TheSumIsKnownBeforehand) {
  for (std::size_t bytes = 8; bytes <= 1040; bytes += 8) {
    for (const Touch touch : {Touch::kAll, Touch::kAllCopied, Touch::kLines, Touch::kEnds}) {
      alignas(16) std::byte place[1040]{};
      with_payload({bytes, touch}, [&](auto payload) {
        ASSERT_EQ(payload.bytes(), bytes);
        std::uint64_t total = 0;
        for (std::uint64_t seed = 0; seed < 5; ++seed) {
          payload.write(place, seed);
          EXPECT_EQ(seed_of(place), seed);
          EXPECT_EQ(payload.sum(place), expected_sum(payload, seed)) << bytes;
          total += payload.sum(place);
        }
        EXPECT_EQ(total, expected_total(payload, 5));
        // The last word that is touched counts.
        store(place, std::uint64_t{99});
        EXPECT_NE(payload.sum(place), expected_sum(payload, 4));
      });
    }
  }
}

// Lines, whose sender stalls at one message.
class Stalling {
 public:
  static constexpr std::chrono::milliseconds kStall{40};
  static constexpr std::uint64_t kStallsAt = 5;

  class Sender {
   public:
    explicit Sender(Lines<FlowControl::kSparse>::Sender sender) : sender_(sender) {}
    template <class Write>
    void send(std::size_t bytes, Write write) {
      if (++count_ == kStallsAt) std::this_thread::sleep_for(kStall);
      sender_.send(bytes, write);
    }

   private:
    Lines<FlowControl::kSparse>::Sender sender_;
    std::uint64_t count_ = 0;
  };

  Sender sender() const { return Sender(lines_.sender()); }
  auto receiver() const { return lines_.receiver(); }

 private:
  Lines<FlowControl::kSparse> lines_{32, 64};
};

// One message each millisecond: those that were due during the stall are late, too, each by what was left of it.
TEST(Paced, AStallIsPaidForByAllThatItHeldUp) {
  Paced<Stalling> paced("", Payload{32}, 1000.0);
  paced.record_latencies(100);
  paced.open(Side::kFirst);
  paced.open(Side::kSecond);
  std::thread receiver([&] { paced.run(Side::kSecond, 60); });
  paced.run(Side::kFirst, 60);
  receiver.join();
  ASSERT_EQ(paced.latencies()->all().size(), 60U);
  constexpr std::uint32_t kMillisecond = 1'000'000;
  for (std::uint32_t i = 0; i < 38; ++i) {
    EXPECT_GE(paced.latencies()->all()[4 + i], (40 - i) * kMillisecond - kMillisecond) << i;
  }
  paced.close();
}

}  // namespace
}  // namespace ringmain::bench
