// No wakeup is lost: millions of times, one side goes to sleep in the very moment in which the other does what it would
// sleep for. Then the other side waits for an answer, so that nothing else can wake the sleeper.
//
// A lost wakeup is recognised without a clock: a sleep is over (for it never lasts longer than a round), what it was for
// had been done and reported as done, and still the bell has not been rung.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <vector>

#include "attachment.hpp"
#include "bell.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/mix.hpp"
#include "support/pinned.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "wakeups";
constexpr std::uint64_t kToldEnough = 3;  // lost wakeups after which a test stops

struct Tally {
  alignas(128) std::atomic<std::uint64_t> done;  // by the one that would wake: reported after the fact
  alignas(128) std::array<std::atomic<std::uint64_t>, 8> answered;
  alignas(128) std::atomic<std::uint64_t> edges;  // times that somebody went to bed and looked again
  std::atomic<std::uint64_t> sleeps;              // times that he then slept
  std::atomic<std::uint64_t> lost;
};

// Spins until it is true; lets others run if that takes long.
template <class Ready>
void await(Ready&& ready) {
  for (std::uint64_t i = 1; !ready(); ++i) {
    algorithm::NativeMemory::pause();
    if (i % 4096 == 0) ::sched_yield();
  }
}

class Wakeups : public ::testing::TestWithParam<bool> {
 protected:
  bool full_fences() const { return GetParam(); }

  // Both sides dawdle, so that what one does comes before, within and after the other's way to bed, and seldom so late that
  // it really sleeps. With a barrier that way takes about 10 us, else a tenth of one.
  void dawdle(std::uint64_t& lot) const {
    const std::uint64_t longest = full_fences() ? 20 : 200;
    for (std::uint64_t left = mix(lot) % longest; left > 0; --left) algorithm::NativeMemory::pause();
  }

  void print(const char* what) const {
    std::printf("  %s: %lu edges, %lu real sleeps, %lu lost\n", what, tally_->edges.load(), tally_->sleeps.load(),
                tally_->lost.load());
  }

  void run_bell(int consumers, std::uint64_t edges);
  void consume(std::size_t index) const;
  void release_one_by_one() const;

  TemporaryDirectory directory_;
  Shared<Tally> tally_;
};

// Receives as Consumer does, but counts on the way to bed.
void Wakeups::consume(std::size_t index) const {
  Attachment self(Segment::open(kName, directory_.path(), Access::kConsume), {});
  const std::atomic<std::uint32_t>& bell = self.segment.producer().bell;
  std::uint64_t received = 0;
  std::uint64_t lot = 3 + index;
  for (;;) {
    const Status status = self.reader.examine();
    if (status == Status::kEnd) return;
    if (status == Status::kOk) {
      if (self.reader.release()) detail::ring_room_bell(self.reader);
      tally_->answered[index].store(++received, std::memory_order_release);
      dawdle(lot);
      continue;
    }
    require(status == Status::kEmpty, describe(status));
    const std::uint32_t rung_before = bell.load(std::memory_order_acquire);
    bool slept = false;
    self.bell.sleep(kRound, [&] {
      slept = self.reader.examine() == Status::kEmpty;
      return !slept;
    });
    tally_->edges.fetch_add(1, std::memory_order_relaxed);
    if (!slept) continue;
    tally_->sleeps.fetch_add(1, std::memory_order_relaxed);
    const bool published = tally_->done.load(std::memory_order_acquire) > received;  // before the bell is read
    if (published && bell.load(std::memory_order_acquire) == rung_before) tally_->lost.fetch_add(1);
  }
}

void Wakeups::run_bell(int consumers, std::uint64_t edges) {
  const Watchdog watchdog(600);
  auto producer = ringmain::Producer::create(kName, {.directory = directory_.path(), .full_fences = full_fences()});
  std::vector<Child> children;
  for (int i = 0; i < consumers; ++i) {
    const Pinned pinned(i + 1);
    children.emplace_back([this, i] { consume(static_cast<std::size_t>(i)); });
  }
  const Pinned pinned(0);
  ASSERT_EQ(producer.wait_for_consumers(static_cast<std::size_t>(consumers)), Status::kOk);
  std::uint64_t lot = 1;
  const std::array<std::byte, 8> message{};
  for (std::uint64_t n = 1; tally_->edges.load() < edges && tally_->lost.load() < kToldEnough; ++n) {
    dawdle(lot);
    ASSERT_EQ(producer.publish(message), Status::kOk);
    tally_->done.store(n, std::memory_order_release);
    for (int i = 0; i < consumers; ++i) {
      const auto& answered = tally_->answered[static_cast<std::size_t>(i)];
      await([&] { return answered.load(std::memory_order_acquire) == n; });
    }
  }
  producer.close();
  for (Child& child : children) EXPECT_EQ(child.wait(), 0);
  print("consumers");
  EXPECT_EQ(tally_->lost.load(), 0u);
  EXPECT_GE(tally_->edges.load(), edges);
  EXPECT_GT(tally_->sleeps.load(), edges / 1000);
  EXPECT_LT(tally_->sleeps.load(), tally_->edges.load());
}

void Wakeups::release_one_by_one() const {
  const Pinned elsewhere(1);
  auto self = ringmain::Consumer::attach(kName, {.directory = directory_.path(), .spin = kForever});
  std::uint64_t lot = 2;
  for (std::uint64_t n = 1;; ++n) {
    Message message = self.receive();
    if (message.status() == Status::kEnd) return;
    require(static_cast<bool>(message), describe(message.status()));
    await([&] { return tally_->answered[0].load(std::memory_order_acquire) > n; });  // the producer is at it again
    dawdle(lot);
    message.release();
    tally_->done.store(self.position(), std::memory_order_release);
  }
}

TEST_P(Wakeups, OfAConsumer) { run_bell(1, scaled(full_fences() ? 7'000'000u : 600'000u)); }

TEST_P(Wakeups, OfSeveralConsumers) { run_bell(3, scaled(150'000u)); }

// The producer goes to bed for room, and each release makes just enough of it.
TEST_P(Wakeups, OfTheProducer) {
  const Watchdog watchdog(600);
  constexpr std::size_t kCapacity = std::size_t{64} << 10;
  constexpr std::size_t kLength = kCapacity / 4 - algorithm::kMessageHeaderBytes;
  const std::uint64_t edges = scaled(full_fences() ? 2'000'000u : 400'000u);
  auto holder = ringmain::Producer::create(
      kName, {.directory = directory_.path(), .capacity = kCapacity, .full_fences = full_fences()});
  Child consumer([&] { release_one_by_one(); });

  const Pinned here(0);
  const Segment segment = Segment::open(kName, directory_.path(), Access::kProduce);
  algorithm::Producer<> producer(segment.ring(), !register_for_barriers());
  ASSERT_TRUE(producer.recover());
  ASSERT_EQ(holder.wait_for_consumers(1), Status::kOk);
  auto& lines = segment.producer();
  const std::uint64_t extent = algorithm::extent_of(kLength);
  const std::atomic<std::uint32_t>& bell = segment.consumers()->room_bell;
  std::uint64_t lot = 4;
  for (std::uint64_t n = 1; tally_->edges.load() < edges && tally_->lost.load() < kToldEnough; ++n) {
    if (n > 2) tally_->answered[0].store(n - 2, std::memory_order_release);
    dawdle(lot);
    while (producer.try_claim(kLength) == nullptr) {
      const std::uint32_t rung_before = bell.load(std::memory_order_acquire);
      const std::uint64_t sleeps_before = lines.room_waits.load(std::memory_order_relaxed);
      const algorithm::Position wanted = producer.cursor_wanted(extent);
      sleep_for_room(producer, extent, kRound);
      tally_->edges.fetch_add(1, std::memory_order_relaxed);
      if (lines.room_waits.load(std::memory_order_relaxed) == sleeps_before) continue;
      tally_->sleeps.fetch_add(1, std::memory_order_relaxed);
      const bool released = tally_->done.load(std::memory_order_acquire) >= wanted;  // before the bell is read
      if (released && bell.load(std::memory_order_acquire) == rung_before) tally_->lost.fetch_add(1);
    }
    if (producer.commit(kLength, 0)) detail::ring_bell(producer);
  }
  tally_->answered[0].store(~std::uint64_t{0});
  producer.close();
  ring_bell_for_all(segment.ring());
  EXPECT_EQ(consumer.wait(), 0);
  print("producer");
  // One or two may seem lost on a busy machine: the producer gets up because time is up, and before it looks whether it
  // was rung for, the consumer finds that nobody waits and releases. Without the barriers it is three within moments.
  EXPECT_LT(tally_->lost.load(), kToldEnough);
  EXPECT_GE(tally_->edges.load(), edges);
  EXPECT_GT(tally_->sleeps.load(), edges / 1000);
}

INSTANTIATE_TEST_SUITE_P(Barriers, Wakeups, ::testing::Bool(),
                         [](const auto& mode) { return mode.param ? "FullFences" : "Membarrier"; });

}  // namespace
}  // namespace ringmain::testing
