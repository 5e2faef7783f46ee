// Random runs of producer, consumers and groups, compared with a simple queue at every step.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <list>
#include <tuple>

#include "support/model.hpp"
#include "support/model_group.hpp"
#include "support/scale.hpp"

namespace ringmain::testing {
namespace {

class RandomRun {
  struct Own {  // a consumer without a group
    std::unique_ptr<Attached<>> attached;
    std::uint64_t next = 0;  // the number of the message that it needs
    bool holds = false;
    bool alive = true;
  };

 public:
  RandomRun(std::uint64_t seed, std::uint64_t capacity, Policy policy, Position birth)
      : dice_(seed), ring_(capacity, policy), model_(capacity, birth, birth / 64), lossy_(policy == Policy::kOverwrite),
        red_(ring_, model_, deeds_, "red", false), blue_(ring_, model_, deeds_, "blue", true) {
    ring_.age(birth, birth / 64);
    producer_ = successor(ring_);
  }

  void play() {
    switch (dice_.roll(100)) {
      case 0: return recover();
      case 1: return crash_before_the_tag();
      case 2: return crash_before_the_tail();
      case 3: return batch(/*crash=*/true);
      case 4:
      case 5: return batch(/*crash=*/false);
      case 6:
      case 7: return abort();
      case 8: return attach();
      case 9: return dice_.one_in(5) ? bury() : dice_.one_in(2) ? leave() : die();
      case 10: return dice_.one_in(4) ? close() : void();
      default:
        if (dice_.one_in(3)) return publish_one();
        if (!lossy_ && dice_.one_in(2)) return (dice_.one_in(2) ? red_ : blue_).play(dice_);
        return receive_one();
    }
  }

  Deeds finish() {
    for (Own& own : own_) {
      if (own.alive) read(own, model_.count());
    }
    close();
    return deeds_;
  }
  Position travelled() const { return model_.tail; }

 private:
  // Mostly small, sometimes large, now and then the largest.
  std::size_t some_length() {
    switch (dice_.roll(50)) {
      case 0: return producer_.max_length() - dice_.roll(200);
      case 1:
      case 2: return dice_.roll(producer_.max_length());
      case 3: return 0;
      default: return dice_.roll(600);
    }
  }

  Position gate() const {
    if (lossy_) return kNowhere;
    Position lowest = std::min(red_.gate(), blue_.gate());
    for (const Own& own : own_) lowest = std::min(lowest, model_.position_of(own.next));
    return lowest;
  }

  bool make_room(std::uint64_t extent) {
    const Position needed = producer_.position() + extent;
    const bool room = needed + 64 <= producer_.limit() || producer_.refresh_limit(extent);
    EXPECT_EQ(room, model_.make_room(extent, gate()));
    EXPECT_EQ(producer_.limit(), model_.limit);
    if (!room && ++deeds_.refused % 3 == 0) everybody_reads();
    return room;
  }

  // Lest a run stands still behind one that is dead or slow.
  void everybody_reads() {
    bury();
    for (Own& own : own_) read(own, dice_.roll(300));
    for (int i = 0; i < 100 && !lossy_; ++i) {
      red_.play(dice_);
      blue_.play(dice_);
    }
  }

  // --- the producer's part

  void publish_one() {
    const std::size_t length = some_length();
    if (!make_room(extent_of(length))) {
      EXPECT_EQ(producer_.try_claim(length), nullptr);
      return;
    }
    const Bytes bytes = model_.payload(model_.tail, length);
    const std::size_t claimed = dice_.one_in(4) ? length + dice_.roll(40) : length;  // a commit may shrink
    std::byte* payload = producer_.try_claim(claimed);
    if (payload == nullptr) payload = producer_.try_claim(length);
    ASSERT_NE(payload, nullptr);
    std::copy(bytes.begin(), bytes.end(), payload);
    (void)producer_.commit(length, static_cast<std::uint16_t>(length));
    model_.send(length);
    ++deeds_.sent;
    EXPECT_EQ(producer_.position(), model_.tail);
  }

  void abort() {
    const std::size_t length = some_length();
    if (!make_room(extent_of(length))) return;
    std::byte* payload = producer_.try_claim(length);
    ASSERT_NE(payload, nullptr);
    const Bytes bytes = model_.payload(model_.tail, length);
    std::copy(bytes.begin(), bytes.end(), payload);
    ++deeds_.aborted;
  }

  void batch(bool crash) {
    std::vector<std::size_t> lengths(1 + dice_.roll(20));
    std::uint64_t extent = 0;
    for (std::size_t& length : lengths) {
      length = dice_.roll(800);
      extent += extent_of(length);
    }
    if (!make_room(extent)) return;
    Producer<>::Batch batch(producer_);
    Position at = model_.tail;
    for (const std::size_t length : lengths) {
      batch.add(model_.payload(at, length), static_cast<std::uint16_t>(length));
      at += extent_of(length);
    }
    if (crash) return recover();
    (void)batch.commit();
    for (const std::size_t length : lengths) model_.send(length);
    deeds_.sent += lengths.size();
    ++deeds_.batches;
  }

  void recover() {
    producer_ = successor(ring_);
    EXPECT_EQ(producer_.position(), model_.tail);
    EXPECT_EQ(producer_.messages(), model_.count());
    EXPECT_EQ(producer_.limit(), model_.limit);
    const auto now = algorithm::newest(ring_.ring());
    ASSERT_TRUE(now);
    EXPECT_EQ(now->messages, model_.count());
    EXPECT_EQ(now->bytes, model_.bytes);
    ++deeds_.recovered;
  }

  void crash_before_the_tag() {
    abort();
    if (dice_.one_in(2)) spoil_the_note();
    recover();
  }

  // As if it had died while it noted its next message.
  void spoil_the_note() {
    const std::uint64_t step = algorithm::index_step(ring_.capacity());
    auto& entry = ring_.lines().index[model_.tail / step % algorithm::kIndexEntries];
    if (entry.position.load() / step == model_.tail / step) return;  // there is an earlier one in this step
    entry.position.store(kNowhere);
    entry.messages.store(dice_.roll(1000));
  }

  void crash_before_the_tail() {
    const Position before = model_.tail;
    dice_.one_in(2) ? publish_one() : batch(/*crash=*/false);
    ring_.lines().tail.store(before);
    if (dice_.one_in(2)) receive_one();
    recover();
  }

  void close() {
    if (Own* own = somebody()) read(*own, model_.count());
    producer_.close();
    for (Own& own : own_) {
      if (!own.alive || own.holds || own.next < model_.count()) continue;
      EXPECT_EQ(own.attached->reader.examine(), Status::kEnd);
      ++deeds_.ended;
    }
    recover();
  }

  // --- the consumers' part

  Own* somebody() {
    if (own_.empty()) return nullptr;
    auto found = own_.begin();
    std::advance(found, static_cast<std::ptrdiff_t>(dice_.roll(own_.size())));
    return found->alive ? &*found : nullptr;
  }

  void attach() {
    if (own_.size() >= 3) return;
    const Position wanted = model_.tail + 500 - dice_.roll(2 * ring_.capacity());
    const bool at_position = dice_.one_in(2);
    const bool latest = dice_.one_in(2);
    const Start start = at_position ? Start::at(wanted) : latest ? Start::latest() : Start::oldest();
    Own own{.attached = std::make_unique<Attached<>>(ring_, start)};
    ASSERT_TRUE(own.attached->begun);
    const Position at = own.attached->reader.position();
    EXPECT_TRUE(model_.may_start(at, at_position ? std::min(wanted, model_.tail) : latest ? model_.tail : 0)) << at;
    own.next = model_.first_at_or_above(at);
    own_.push_back(std::move(own));
    ++deeds_.attached;
  }

  void leave() {
    Own* own = somebody();
    if (own == nullptr) return;
    own->attached->leave();
    own_.remove_if([&](const Own& each) { return &each == own; });
  }

  void die() {
    Own* own = somebody();
    if (own == nullptr) return;
    own->attached->die();
    own->alive = false;
  }

  void bury() {
    FakeLeases leases(ring_.leases());
    Registry<>(ring_.area()).bury(leases, true);
    own_.remove_if([](const Own& own) { return !own.alive; });
    red_.buried();
    blue_.buried();
  }

  void receive_one() {
    Own* own = somebody();
    if (own == nullptr) return;
    if (!own->holds) return receive(*own);
    switch (dice_.roll(4)) {
      case 0: return receive(*own);  // again, without giving back
      case 1: return;
      default: return give_back(*own);
    }
  }

  // Up to `count` messages.
  void read(Own& own, std::uint64_t count) {
    if (own.holds) give_back(own);
    for (; count > 0 && own.next < model_.count(); --count) {
      receive(own);
      if (own.holds) give_back(own);
    }
  }

  void receive(Own& own) {
    auto& reader = own.attached->reader;
    const Position at = model_.position_of(own.next);
    const bool lapped = at < model_.floor();
    const std::uint64_t before = reader.lost();
    const bool found = reader.look() || reader.examine() == Status::kOk;
    if (lapped) {
      const Position landed = reader.position();
      EXPECT_TRUE(lossy_);
      EXPECT_TRUE(model_.may_start(landed, model_.floor() + ring_.capacity() / 8)) << landed;
      const std::uint64_t number = model_.first_at_or_above(landed);
      EXPECT_EQ(reader.lost() - before, number - own.next);
      deeds_.lost += number - own.next;
      ++deeds_.lapped;
      if (found) {
        EXPECT_GE(reader.lost_before(), number - own.next);
      }
      own.next = number;
    } else {
      EXPECT_EQ(reader.lost(), before);
    }
    EXPECT_EQ(found, own.next < model_.count());
    own.holds = found;
    if (!found) return;
    EXPECT_TRUE(model_.is_right(reader, own.next));
    EXPECT_TRUE(reader.still_valid());
    if (!lossy_) {
      EXPECT_EQ(reader.lost_before(), 0U);
    }
    if (dice_.one_in(3)) give_back(own);
  }

  void give_back(Own& own) {
    auto& reader = own.attached->reader;
    const bool valid = model_.position_of(own.next) >= model_.floor();
    EXPECT_EQ(reader.still_valid(), valid);
    if (valid) {
      EXPECT_TRUE(model_.is_right(reader, own.next));
    } else {
      ++deeds_.invalid;
    }
    (void)reader.release();
    (void)reader.release();
    ++own.next;
    own.holds = false;
    ++deeds_.received;
    EXPECT_EQ(reader.position(), model_.position_of(own.next));
    EXPECT_EQ(own.attached->own().cursor.load(), model_.position_of(own.next));
  }

  Dice dice_;
  PlainRing<> ring_;
  Model model_;
  bool lossy_;
  Deeds deeds_;
  Producer<> producer_;
  std::list<Own> own_;
  ModelGroup red_;
  ModelGroup blue_;
};

using Parameters = std::tuple<std::uint64_t, std::uint64_t, Policy, Position>;  // seed, capacity, policy, birth

class ModelComparison : public ::testing::TestWithParam<Parameters> {};

TEST_P(ModelComparison, finds_no_difference) {
  constexpr int kOperations = 100'000;
  const auto& [seed, capacity, policy, birth] = GetParam();
  RandomRun run(seed, capacity, policy, birth);
  for (int i = 0; i < kOperations; ++i) {
    run.play();
    ASSERT_FALSE(HasFailure()) << "seed " << seed << ", capacity " << capacity << ", birth " << birth << ", policy "
                               << static_cast<int>(policy) << ", operation " << i;
  }
  const Deeds deeds = run.finish();
  EXPECT_GT(run.travelled() - birth, 40 * capacity);
  EXPECT_GT(deeds.sent, 3000U);
  EXPECT_GT(deeds.received, 2000U);
  EXPECT_GT(deeds.batches, 50U);
  EXPECT_GT(deeds.aborted, 300U);
  EXPECT_GT(deeds.recovered, 1000U);
  EXPECT_GT(deeds.attached, 30U);
  EXPECT_GT(deeds.ended, 5U);
  if (policy == Policy::kOverwrite) {
    EXPECT_GT(deeds.lapped, 100U);
    EXPECT_GT(deeds.lost, 1000U);
    EXPECT_GT(deeds.invalid, 20U);
    EXPECT_EQ(deeds.refused, 0U);
  } else {
    EXPECT_GT(deeds.refused, 500U);
    EXPECT_GT(deeds.shared, 1000U);
    EXPECT_GT(deeds.redelivered, 10U);
    EXPECT_GT(deeds.dissolved, 5U);
    EXPECT_EQ(deeds.lost + deeds.invalid, 0U);
  }
}

constexpr std::uint64_t kSeeds = kSanitized ? 1 : 3;

INSTANTIATE_TEST_SUITE_P(Random, ModelComparison,
                         ::testing::Combine(::testing::Range<std::uint64_t>(1, kSeeds + 1),
                                            ::testing::Values(64 << 10, 128 << 10),
                                            ::testing::Values(Policy::kWait, Policy::kOverwrite),
                                            ::testing::Values(Position{0}, (Position{1} << 32) - (1 << 20),
                                                              (Position{1} << 63) - (1 << 20))));

}  // namespace
}  // namespace ringmain::testing
