// A producer that writes nonsense into its ring while others read: they get nonsense, but never a signal, never a span
// outside the ring, and no call that must not wait takes for ever.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <functional>

#include "confined.hpp"
#include "garbage.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using algorithm::Position;

enum class Truce { kNone, kAsked, kGranted };

struct Hints {
  std::atomic<Position> position;       // where the victim stands
  std::atomic<std::uint64_t> messages;  // that the victim took for some
  std::atomic<Truce> truce;
};

class GarbageProducerTest : public HostileTest, public ::testing::WithParamInterface<Policy> {
 protected:
  const int visits_ = proof_scaled(scaled(100), scaled(2'000));

  void make_ring() {
    auto producer = Producer::create("ring", making(GetParam()));
    for (int i = 0; i < 100; ++i) ASSERT_EQ(producer.publish(std::vector<std::byte>(100)), Status::kOk);
  }

  // Scribbles until it is killed: over the lines, and messages of all lengths just where the victim looks for the next.
  void attack(std::uint64_t seed) {
    const RawFile file(ring_path() / "ring");
    const std::vector<std::byte> image(file.bytes().begin(), file.bytes().end());
    std::uint64_t lot = seed;
    for (;;) {
      if (hints_->truce == Truce::kAsked) {
        std::copy(image.begin(), image.end(), file.bytes().begin());
        hints_->truce = Truce::kGranted;
        wait_until([&] { return hints_->truce != Truce::kGranted; });
      }
      const Position at = hints_->position;
      for (int i = 0; i < 4; ++i) {
        const std::size_t line = kProducerOffset + mix(lot) % (sizeof(algorithm::NativeProducerLines) / 8) * 8;
        scribble(file.bytes().data() + line, evil_word(lot, at));
        const std::size_t slot = kSlotsOffset + mix(lot) % (kCapacity / 8) * 8;
        scribble(file.bytes().data() + slot, evil_word(lot, at));
      }
      if (mix(lot) % 4 == 0) agree(file.lines(), at, lot);
      for (int i = 0; i < 4; ++i) forge(file, at + mix(lot) % 8 * 64, lot);
    }
  }

  // Lines that contradict each other are soon found out; these don't.
  static void agree(algorithm::NativeProducerLines& lines, Position at, std::uint64_t& lot) {
    const Position tail = mix(lot) % 4 == 0 ? evil_word(lot, at) : at;
    lines.limit = tail + mix(lot) % (2 * kCapacity);
    lines.proposal = lines.limit.load();
    auto& entry = lines.index[tail / algorithm::index_step(kCapacity) % algorithm::kIndexEntries];
    entry.position = tail;
    entry.messages = evil_word(lot, at);
    entry.bytes = evil_word(lot, at);
    lines.tail = tail;
    lines.room_wanted = at + 64;
  }
  static void forge(const RawFile& file, Position at, std::uint64_t& lot) {
    std::byte* header = file.bytes().data() + kSlotsOffset + (at & (kCapacity - 64));
    const std::uint64_t lengths[] = {
        0, 1, 48, 49, kCapacity / 2 - 16, kCapacity / 2 - 15, kCapacity, algorithm::kLengthMask};
    scribble(header + 8, mix(lot) % 2 == 0 ? lengths[mix(lot) % 8] : mix(lot) % kCapacity);
    scribble(header, (at & ~std::uint64_t{63}) + 1);
  }

  // Every other time in peace, for few who attach under attack get far.
  Consumer attach(const ConsumerOptions& options, std::uint64_t& lot) {
    if (mix(lot) % 2 == 0) return Consumer::attach("ring", options);
    hints_->truce = Truce::kAsked;
    wait_until([&] { return hints_->truce == Truce::kGranted; });
    try {
      auto consumer = Consumer::attach("ring", options);
      hints_->position = consumer.position();
      hints_->truce = Truce::kNone;
      return consumer;
    } catch (...) {
      hints_->truce = Truce::kNone;
      throw;
    }
  }

  // Uses a consumer in all ways for a while.
  void use(Consumer consumer) {
    const std::byte* base = nullptr;
    const auto look_at = [&](const Message& message) {
      const std::uint64_t offset = (message.position() & (kCapacity - 64)) + 16;
      const auto bytes = message.bytes();
      if (base == nullptr) base = bytes.data() - offset;
      require(bytes.data() - offset == base && bytes.size() <= kCapacity / 2 - 16, "a span outside the ring");
      unsigned sum = 0;
      for (const std::byte byte : bytes) sum += static_cast<unsigned>(byte);
      sum_ = sum;
      (void)message.still_valid();
      ++hints_->messages;
    };
    std::vector<std::byte> buffer(kCapacity);
    for (int i = 0; i < 20; ++i) {
      expect_no_hang();
      hints_->position = consumer.position();
      if (const Message message = consumer.try_receive()) look_at(message);
      hints_->position = consumer.position();
      (void)consumer.poll(look_at, 10);
      (void)consumer.try_read(buffer);
      (void)consumer.try_read({buffer.data(), 10});
      hints_->position = consumer.position();
      if (const Message message = consumer.receive_for(50us)) look_at(message);
    }
  }

  void expect_survival(const std::function<void(std::uint64_t& lot)>& visit) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      make_ring();
      hints_->truce = Truce::kNone;
      Child attacker([&] { attack(seed); });
      Child victim([&] {
        std::uint64_t lot = seed * 1000;
        for (int i = 0; i < visits_; ++i) {
          expect_no_hang();
          try {
            visit(lot);
          } catch (const Error&) {
          }
        }
      });
      EXPECT_EQ(victim.wait(), 0) << "seed " << seed;
      attacker.kill();
      std::filesystem::remove_all(ring_path());
    }
    std::printf(
        "PROOF hostile-producer %s: %d visits under attack, %lu forged messages received, 0 out of bounds, 0 hung\n",
        ::testing::UnitTest::GetInstance()->current_test_info()->name(), 3 * visits_,
        static_cast<unsigned long>(hints_->messages.load()));
  }
  Start some_start(std::uint64_t& lot) const {
    switch (mix(lot) % 3) {
      case 0: return Start::latest();
      case 1: return Start::oldest();
      default: return Start::at(evil_word(lot, hints_->position));
    }
  }

  const Shared<Hints> hints_;
  volatile unsigned sum_ = 0;
};

TEST_P(GarbageProducerTest, does_not_kill_a_consumer) {
  expect_survival([&](std::uint64_t& lot) { use(attach(attaching(some_start(lot)), lot)); });
  EXPECT_GT(hints_->messages, 0U);
}

TEST_P(GarbageProducerTest, does_not_kill_a_spectator) {
  expect_survival([&](std::uint64_t& lot) { use(attach(watching(some_start(lot)), lot)); });
  EXPECT_GT(hints_->messages, 0U);
}

TEST_P(GarbageProducerTest, does_not_kill_a_member) {
  if (GetParam() == Policy::kOverwrite) return;  // which has no groups
  expect_survival([&](std::uint64_t& lot) {
    auto other = attach(joining("group", some_start(lot)), lot);
    use(attach(joining("group"), lot));
    use(std::move(other));
  });
  EXPECT_GT(hints_->messages, 0U);
}

TEST_P(GarbageProducerTest, does_not_kill_who_looks_from_outside) {
  expect_survival([&](std::uint64_t& lot) {
    hints_->position = mix(lot) % (4 * kCapacity);
    require(list(directory()).size() == 1, "list");
    (void)statistics("ring", directory());
  });
}

INSTANTIATE_TEST_SUITE_P(Policies, GarbageProducerTest, ::testing::Values(Policy::kWait, Policy::kOverwrite));

// An honest producer, too, may wait for room just where a spectator passes by.
TEST_F(HostileTest, a_spectator_does_not_die_of_a_producer_that_waits) {
  const Shared<std::atomic<bool>> full;
  Child waiting([&] {
    auto producer = Producer::create("ring", making());
    auto consumer = Consumer::attach("ring", attaching());
    const std::vector<std::byte> bytes(1000);
    while (producer.try_publish(bytes) == Status::kOk) {
    }
    full->store(true);
    for (;;) (void)producer.publish_for(bytes, 1s);
  });
  wait_until([&] { return full->load(); });
  const RawFile file(ring_path() / "ring");
  EXPECT_EQ(in_child([&] {
              auto spectator = Consumer::attach("ring", watching(Start::oldest()));
              wait_until([&] { return file.lines().room_wanted != 0; });
              int messages = 0;
              while (spectator.try_receive()) ++messages;
              require(messages >= 60, "too few messages");
            }),
            0);
}

}  // namespace
}  // namespace ringmain::testing
