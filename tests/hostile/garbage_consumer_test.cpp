// A consumer that writes nonsense into everything that it may write: it can hurt consumers, never the producer, never a
// message, and nothing of it outlives it.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "confined.hpp"
#include "garbage.hpp"
#include "lease.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

struct Progress {
  std::atomic<std::uint64_t> rounds;  // of the attacker, over the whole file
  std::atomic<std::uint64_t> tail;
  std::atomic<std::uint64_t> attached;  // how often others did, all the same
  std::atomic<bool> over;
};

struct Attack {
  std::uint64_t seed = 0;
  Policy policy = Policy::kWait;
  bool posing = false;   // holds the leases of all lines
  bool durable = false;  // calls groups durable, too: those stay when it dies, as they should
};

class GarbageConsumerTest : public HostileTest, public ::testing::WithParamInterface<Attack> {
 protected:
  static constexpr std::size_t kIdentityBytes = 32;
  const std::uint64_t rounds_ = proof_scaled(scaled<std::uint64_t>(3000), scaled<std::uint64_t>(60'000));

  // Scribbles until it is killed.
  void attack() {
    const RawFile file(ring_path() / "consumers");
    const Descriptor leases(::open((ring_path() / "consumers").c_str(), O_RDWR | O_CLOEXEC));
    if (GetParam().posing) {
      struct flock all {};
      all.l_type = F_WRLCK;
      all.l_whence = SEEK_SET;
      all.l_len = kMaxConsumers;
      require(::fcntl(leases.get(), F_OFD_SETLK, &all) == 0, "lock");
    }
    std::uint64_t lot = GetParam().seed;
    for (;; ++progress_->rounds) {
      const bool all = mix(lot) % 4 == 0;  // else a few words, so that the rest has time to take effect
      const std::uint64_t words = all ? kConsumersBytes / 8 : 16;
      for (std::uint64_t i = 0; i < words; ++i) {
        const std::size_t at = (all ? i : mix(lot) % (kConsumersBytes / 8)) * 8;
        if (at < kIdentityBytes) continue;  // else nobody attaches, and the rest has no effect
        const std::uint64_t word = evil_word(lot, progress_->tail);
        scribble(file.bytes().data() + at, is_durable(at) && !GetParam().durable ? 0 : word);
      }
    }
  }
  static bool is_durable(std::size_t at) {
    const std::size_t first = offsetof(algorithm::NativeConsumersArea, groups);
    return at >= first && at < first + sizeof(algorithm::NativeConsumersArea::groups) &&
           (at - first) % sizeof(algorithm::NativeGroupLine) == offsetof(algorithm::NativeGroupLine, durable);
  }

  // Publishes while the attack goes on, `also` in between.
  template <class Also>
  void publish_under_attack(Producer& producer, Also&& also) {
    WholeMessage message(100);
    const std::uint64_t end = progress_->rounds + rounds_;
    for (std::uint64_t i = 0; progress_->rounds < end || i < 1000; ++i) {
      const auto bytes = message.write(i);
      const Status status = longest_.time([&] { return producer.publish_for(bytes, 100us); });
      require(status == Status::kOk || status == Status::kTimedOut, std::string("publish: ") + describe(status));
      progress_->tail = producer.position();
      also();
      published_ += status == Status::kOk ? 1 : 0;
    }
    EXPECT_TRUE(longest_.is_no_hang());
    std::printf(
        "PROOF hostile-consumer %s: %lu rounds of nonsense over every word, %lu messages published, the longest "
        "call took %.1f ms of processor time\n",
        ::testing::UnitTest::GetInstance()->current_test_info()->name(),
        static_cast<unsigned long>(progress_->rounds.load()), static_cast<unsigned long>(published_),
        std::chrono::duration<double, std::milli>(longest_.longest()).count());
  }

  const Shared<Progress> progress_;
  LongestCall longest_;
  std::uint64_t published_ = 0;
};

TEST_P(GarbageConsumerTest, does_not_harm_the_producer_and_is_forgotten_when_it_dies) {
  auto producer = Producer::create("ring", making(GetParam().policy));
  const RawFile file(ring_path() / "ring");
  const auto head = [&] { return std::vector(file.bytes().begin(), file.bytes().begin() + kProducerOffset); };
  const auto before = head();
  auto spectator = Consumer::attach("ring", watching());
  std::vector<std::byte> buffer(kCapacity);
  std::uint64_t seen = 0;

  Child attacker([&] { attack(); });
  publish_under_attack(producer, [&] {
    const Copy copy = spectator.try_read(buffer);
    if (copy) require(WholeMessage::is_whole({buffer.data(), copy.bytes}), "a torn message");
    seen += copy ? 1 : 0;
    if (copy.status == Status::kCorrupt) throw std::runtime_error("the spectator calls the ring corrupt");
  });
  attacker.kill();
  EXPECT_GT(seen, 0U);
  EXPECT_EQ(head(), before);
  const std::span<const std::byte> unused =
      file.bytes().subspan(kProducerOffset + sizeof(algorithm::NativeProducerLines),
                           kSlotsOffset - kProducerOffset - sizeof(algorithm::NativeProducerLines));
  EXPECT_TRUE(std::all_of(unused.begin(), unused.end(), [](std::byte byte) { return byte == std::byte{0}; }));

  if (GetParam().durable) return;
  WholeMessage message(100);
  for (std::uint64_t i = 0; i < 300; ++i) {  // several times around
    ASSERT_EQ(producer.publish_for(message.write(i), 20s), Status::kOk) << i;
  }
  auto own = Consumer::attach("ring", attaching());
  ASSERT_EQ(producer.publish_for(message.write(7), 20s), Status::kOk);
  EXPECT_TRUE(WholeMessage::is_whole(own.receive_for(20s).bytes()));
  if (GetParam().policy == Policy::kOverwrite) return;
  auto member = Consumer::attach("ring", joining("group"));
  ASSERT_EQ(producer.publish_for(message.write(8), 20s), Status::kOk);
  EXPECT_TRUE(WholeMessage::is_whole(member.receive_for(20s).bytes()));
}

// What they receive may be wrong, for their lines are his to write; but they live, and no call takes for ever.
TEST_P(GarbageConsumerTest, does_not_kill_other_consumers) {
  auto producer = Producer::create("ring", making(GetParam().policy));
  Child attacker([&] { attack(); });
  wait_until([&] { return progress_->rounds > 0; });
  Child victim([&] {
    std::vector<std::byte> buffer(kCapacity);
    std::uint64_t lot = GetParam().seed;
    while (!progress_->over) {
      expect_no_hang();
      try {
        const bool member = GetParam().policy == Policy::kWait && mix(lot) % 2 == 0;
        auto consumer =
            Consumer::attach("ring", member ? joining("group", Start::oldest()) : attaching(Start::oldest()));
        ++progress_->attached;
        for (int i = 0; i < 20; ++i) {
          (void)consumer.try_read(buffer);
          (void)consumer.poll([](const Message& message) { (void)message.still_valid(); }, 10);
          (void)consumer.receive_for(100us);
        }
        (void)statistics("ring", directory());
      } catch (const Error&) {
      }
    }
  });
  publish_under_attack(producer, [] {});
  attacker.kill();
  progress_->over = true;
  EXPECT_EQ(victim.wait(), 0);
  EXPECT_TRUE(progress_->attached > 0 || GetParam().posing);
}

// The word that says who is joining a group names somebody who lives but doesn't.
TEST_F(HostileTest, who_does_not_join_does_not_keep_others_from_joining) {
  auto producer = Producer::create("ring", making());
  auto bystander = Consumer::attach("ring", attaching());
  const RawFile file(ring_path() / "consumers");
  const auto generation = algorithm::LineWord::of(file.area().lines[0].state).generation;
  for (const std::uint32_t line : {0U, 1U}) {  // the bystander's, and the one that the next to come will take
    file.area().births = algorithm::GroupReference{generation, line + 1}.word();
    EXPECT_TRUE(refused([&] { auto member = Consumer::attach("ring", joining("group")); }, Status::kOk)) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Attacks, GarbageConsumerTest,
                         ::testing::Values(Attack{.seed = 1}, Attack{.seed = 2, .posing = true},
                                           Attack{.seed = 3, .durable = true},
                                           Attack{.seed = 4, .posing = true, .durable = true},
                                           Attack{.seed = 5, .policy = Policy::kOverwrite},
                                           Attack{.seed = 6, .policy = Policy::kOverwrite, .posing = true}));

}  // namespace
}  // namespace ringmain::testing
