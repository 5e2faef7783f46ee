// A consumer that attached as it should, and then writes nonsense into all that is its own (its lines, its group) and into
// the words that all share (flag, room bell, births): its neighbours don't notice. They get every message, once, in order.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <functional>

#include "confined.hpp"
#include "garbage.hpp"
#include "raw_ring.hpp"
#include "support/scale.hpp"
#include "support/self_checking.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

struct Scores {
  std::atomic<bool> attacking;
  std::atomic<std::uint64_t> words;  // written by the attacker
  std::atomic<std::uint64_t> tail;
  std::atomic<std::uint64_t> received[4];  // by the consumer of its own, the two members, the spectator
  std::atomic<std::uint64_t> sum_of_members;
  std::atomic<std::uint64_t> redelivered;
};

struct Neighbour {
  std::uint64_t seed;
  bool full_fences = false;
};

class NeighboursTest : public HostileTest, public ::testing::WithParamInterface<Neighbour> {
 protected:
  static constexpr std::uint64_t kMessages = 2000;

  // Attaches, scribbles until it is killed.
  void attack() {
    auto own = Consumer::attach("ring", attaching());
    auto member = Consumer::attach("ring", joining("attackers"));
    const RawFile file(ring_path() / "consumers");
    const std::vector<std::span<std::byte>> targets = own_words(file);
    std::uint64_t lot = GetParam().seed;
    scores_->attacking = true;
    for (;; ++scores_->words) {
      const auto target = targets[mix(lot) % targets.size()];
      scribble(target.data() + mix(lot) % (target.size() / 8) * 8, evil_word(lot, scores_->tail));
    }
  }
  std::vector<std::span<std::byte>> own_words(const RawFile& file) const {
    auto& area = file.area();
    std::vector<std::span<std::byte>> words;
    const auto add = [&](auto& part) { words.push_back(std::as_writable_bytes(std::span(&part, 1))); };
    for (const auto& consumer : statistics("ring", directory()).consumers) {
      if (consumer.pid == static_cast<std::uint32_t>(::getpid())) add(area.lines[consumer.line]);
    }
    for (auto& group : area.groups) {
      if (group.name[0].load() == kAttackers) add(group);
    }
    require(words.size() == 3, "not the attacker's lines");
    for (auto* word : {&area.sleepers, &area.room_bell}) {
      words.push_back({reinterpret_cast<std::byte*>(word), 8});
    }
    words.push_back({reinterpret_cast<std::byte*>(&area.births), 8});
    return words;
  }

  void be_alone() {
    auto consumer = Consumer::attach("ring", attaching(Start::oldest()));
    for (std::uint64_t number = 0;; ++number) {
      expect_no_hang();
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) return;
      require(stream_.is(number, message), "not the next message");
      ++scores_->received[0];
    }
  }
  void be_member(int which) {
    auto consumer = Consumer::attach("ring", joining("victims", Start::oldest()));
    std::uint64_t least = 0;
    for (;;) {
      expect_no_hang();
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) return;
      const auto number = stream_.number_of(message);
      require(number.has_value(), std::string("no whole message: ") + describe(message.status()));
      if (message.redelivered()) {  // as if the attacker had died with it: he may say so
        ++scores_->redelivered;
        continue;
      }
      require(*number >= least, "out of order");
      least = *number + 1;
      ++scores_->received[which];
      scores_->sum_of_members += *number;
    }
  }
  void be_spectator() {
    auto spectator = Consumer::attach("ring", watching(Start::oldest()));
    std::vector<std::byte> buffer(kCapacity);
    for (std::uint64_t number = 0;;) {
      expect_no_hang();
      const Copy copy = spectator.read(buffer);
      if (copy.status == Status::kEnd) return;
      require(static_cast<bool>(copy), describe(copy.status));
      number += copy.lost;
      require(stream_.is(number++, copy.position, {buffer.data(), copy.bytes}), "not the next message");
      ++scores_->received[3];
    }
  }

  static constexpr std::uint64_t kAttackers = 0x72656b6361747461;  // "attacker"
  const Stream stream_{3, 16, 900};
  const Shared<Scores> scores_;
};

TEST_P(NeighboursTest, get_every_message_once) {
  const Watchdog watchdog(proof_scaled(110U, 800U));
  auto options = making();
  options.full_fences = GetParam().full_fences;
  std::optional<Producer> producer(Producer::create("ring", options));
  const std::array<std::function<void()>, 4> parts = {[&] { be_alone(); }, [&] { be_member(1); }, [&] { be_member(2); },
                                                      [&] { be_spectator(); }};
  std::array<Child, 4> neighbours;
  for (std::size_t i = 0; i < parts.size(); ++i)
    neighbours[i] = Child([&, i] {
      producer.reset();
      parts[i]();
    });
  wait_until([&] { return statistics("ring", directory()).consumers.size() == 3; });
  Child attacker([&] {
    producer.reset();
    attack();
  });
  wait_until([&] { return scores_->attacking.load(); });

  const std::uint64_t enough = proof_scaled(scaled<std::uint64_t>(20'000'000), scaled<std::uint64_t>(200'000'000));
  std::uint64_t number = 0;
  for (; number < kMessages || scores_->words < enough; ++number) {
    const Status status =
        producer->publish_for(stream_.message(number, producer->position()), 30s, Stream::type_of(number));
    ASSERT_EQ(status, Status::kOk) << number;
    scores_->tail = producer->position();
  }
  attacker.kill();
  producer.reset();
  for (Child& neighbour : neighbours) EXPECT_EQ(neighbour.wait(), 0);
  EXPECT_EQ(scores_->received[0], number);
  EXPECT_EQ(scores_->received[1] + scores_->received[2], number);
  EXPECT_EQ(scores_->sum_of_members, number * (number - 1) / 2);
  EXPECT_GT(scores_->received[3], 0U);
  std::printf(
      "PROOF hostile-neighbour seed-%lu: %lu words of nonsense, %lu messages to each of 2 groups, 0 lost, 0 torn\n",
      static_cast<unsigned long>(GetParam().seed), static_cast<unsigned long>(scores_->words.load()),
      static_cast<unsigned long>(number));
}

INSTANTIATE_TEST_SUITE_P(Attacks, NeighboursTest,
                         ::testing::Values(Neighbour{.seed = 1}, Neighbour{.seed = 2},
                                           Neighbour{.seed = 3, .full_fences = true}));

}  // namespace
}  // namespace ringmain::testing
