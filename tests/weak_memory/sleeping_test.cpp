// Sleeping: who goes to sleep is seen by who would have to wake it, or sees what it waits for.
// SPDX-License-Identifier: MIT
#include "weak_memory/proof.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

enum class Barrier { kOfTheSleeper, kOfBoth };

// Party 0 is the producer. Who isn't told of a sleeper doesn't wake him.
class Sleeping : public FullScene {
 public:
  explicit Sleeping(Barrier barrier)
      : FullScene(Policy::kWait, barrier == Barrier::kOfBoth), consumer(ring), fenced_(barrier == Barrier::kOfBoth) {}

  void begin() override {
    FullScene::begin();
    reader = CheckedReader(ring.ring(), &consumer.own().cursor, nullptr, fenced_);
    slept = false;
  }
  void end() override { model::require(told || !slept, "somebody sleeps, and nobody wakes him"); }

 protected:
  void sleeper_barrier(const char* label) const { fenced_ ? CheckedMemory::full_fence() : model::membarrier(label); }

  CheckedAttached consumer;
  CheckedReader reader;
  bool slept = false;

 private:
  bool fenced_;
};

class ForAMessage : public Sleeping {
 public:
  using Sleeping::Sleeping;

  void act(unsigned party) override {
    if (party == 0) {
      publish(20, 1);
      return;
    }
    ring.area().sleepers.store(1, std::memory_order_relaxed);
    sleeper_barrier("B2");
    slept = !reader.look();
  }
};

TEST(WeakSleep, of_a_consumer_is_noticed) {
  ForAMessage scenario(Barrier::kOfTheSleeper);
  const Proof proof(scenario, "sleep for a message");
  proof.holds();
  proof.holds_in_all();
  proof.needs(sinking("B1", both(lines_of("T1"), lines_of("N1"))));
  proof.needs(without_membarrier("B2"));
  ForAMessage fenced(Barrier::kOfBoth);
  const Proof of_fenced(fenced, "sleep for a message, full fences");
  of_fenced.holds();
  of_fenced.needs(without("B1 with full fences", lines_with("if (fenced_) Memory::full_fence();", "producer.hpp")));
}

class ForRoom : public Sleeping {
 public:
  explicit ForRoom(Barrier barrier, bool passing = false) : Sleeping(barrier), passing_(passing) { fill(); }

  void act(unsigned party) override {
    if (party == 0) {
      const std::uint64_t extent = algorithm::extent_of(kNextLength);
      producer.want_room(producer.cursor_wanted(extent));
      sleeper_barrier("W3");
      slept = !producer.refresh_limit(extent);
      return;
    }
    while (reader.look()) told |= passing_ ? pass_and_give_back() : reader.release();
  }

 private:
  bool pass_and_give_back() {
    reader.pass();
    return reader.release_below(reader.position());
  }

  bool passing_;
};

void expect_noticed(bool passing, const std::string& how) {
  ForRoom scenario(Barrier::kOfTheSleeper, passing);
  const Proof proof(scenario, how);
  proof.holds();
  proof.needs(sinking("W2", lines_of("R1")));
  proof.needs(without_membarrier("W3"));
  ForRoom fenced(Barrier::kOfBoth, passing);
  const Proof of_fenced(fenced, how + ", full fences");
  of_fenced.holds();
  of_fenced.needs(without("W2 with full fences", lines_with("if (fenced_) Memory::full_fence();", "reader.hpp")));
}

TEST(WeakSleep, of_the_producer_is_noticed) { expect_noticed(/*passing=*/false, "sleep for room"); }

TEST(WeakSleep, of_the_producer_is_noticed_by_who_gives_back_what_was_passed) {
  expect_noticed(/*passing=*/true, "sleep for what was passed");
}

}  // namespace
}  // namespace ringmain::testing
