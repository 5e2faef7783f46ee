// That the model knows what a machine may do, and what a barrier forbids: the classic two threads.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>

#include "weak_memory/checked_memory.hpp"

namespace ringmain::testing {
namespace {

// Each stores to its own word, then looks at the other's.
class StoreBuffering : public model::Scenario {
 public:
  enum class Fences { kNone, kOne, kBoth, kMembarrier };
  explicit StoreBuffering(Fences fences) : fences_(fences) {}

  std::span<std::byte> memory() override { return std::as_writable_bytes(std::span(words_)); }
  void begin() override {}
  void act(unsigned party) override {
    words_[party].store(1, std::memory_order_release);
    if (fences_ == Fences::kBoth || (fences_ == Fences::kOne && party == 0)) CheckedMemory::full_fence();
    if (fences_ == Fences::kMembarrier && party == 0) model::membarrier();
    seen_[party] = words_[1 - party].load(std::memory_order_acquire) != 0;
  }
  void end() override { model::require(seen_[0] || seen_[1], "they missed each other"); }

 private:
  Fences fences_;
  std::array<CheckedMemory::Atomic<std::uint64_t>, 2> words_{};
  std::array<bool, 2> seen_{};
};

bool always_meet(StoreBuffering::Fences fences) {
  StoreBuffering scenario(fences);
  return model::run(scenario, model::Search::kAll, 0).right;
}

TEST(WeakMachine, lets_a_load_overtake_a_store_but_for_fences_on_both_sides_or_one_membarrier) {
  EXPECT_FALSE(always_meet(StoreBuffering::Fences::kNone));
  EXPECT_FALSE(always_meet(StoreBuffering::Fences::kOne));
  EXPECT_TRUE(always_meet(StoreBuffering::Fences::kBoth));
  EXPECT_TRUE(always_meet(StoreBuffering::Fences::kMembarrier));
}

// One writes a payload, then raises a flag; the other looks at the flag, then reads.
class MessagePassing : public model::Scenario {
 public:
  MessagePassing(std::memory_order store, std::memory_order load) : store_(store), load_(load) {}

  std::span<std::byte> memory() override { return std::as_writable_bytes(std::span(words_)); }
  void begin() override {}
  void act(unsigned party) override {
    auto* const payload = reinterpret_cast<std::byte*>(&words_[0]);
    if (party == 0) {
      write_payload(payload, 1);
      words_[1].store(1, store_);
    } else if (words_[1].load(load_) != 0) {
      model::require(read_payload(payload) == 1, "an old payload");
    }
  }

 private:
  std::memory_order store_;
  std::memory_order load_;
  std::array<CheckedMemory::Atomic<std::uint64_t>, 2> words_{};
};

bool always_whole(std::memory_order store, std::memory_order load) {
  MessagePassing scenario(store, load);
  return model::run(scenario, model::Search::kAll, 0).right;
}

TEST(WeakMachine, hands_a_payload_over_by_release_and_acquire_alone) {
  EXPECT_TRUE(always_whole(std::memory_order_release, std::memory_order_acquire));
  EXPECT_FALSE(always_whole(std::memory_order_relaxed, std::memory_order_acquire));
  EXPECT_FALSE(always_whole(std::memory_order_release, std::memory_order_relaxed));
}

}  // namespace
}  // namespace ringmain::testing
