// Sleeping: who goes to sleep is seen by who would have to wake it, or sees what it waits for.
// SPDX-License-Identifier: MIT
#include "weak_memory/prove.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

class ForAMessage : public Scene {
 public:
  ForAMessage() : consumer(ring) {}

  void begin() override {
    Scene::begin();
    reader = consumer.reader;
    told = slept = false;
  }
  void act(unsigned party) override {
    if (party == 0) {
      publish(20, 1);
      return;
    }
    ring.area().sleepers.store(1, std::memory_order_relaxed);
    model::membarrier("B2");
    slept = !reader.look();
  }
  void end() override { model::require(told || !slept, "a consumer sleeps, and nobody wakes it"); }

 private:
  CheckedAttached consumer;
  CheckedReader reader;
  bool slept = false;
};

TEST(WeakSleep, of_a_consumer_is_noticed) {
  ForAMessage scenario;
  prove(scenario, "sleep for a message", {},
        {sinking("B1", both(lines_of("T1"), lines_of("N1"))), without_membarrier("B2")});
}

class ForRoom : public FullScene {
 public:
  ForRoom() : consumer(ring) { fill(); }

  void begin() override {
    Scene::begin();
    reader = consumer.reader;
    told = slept = false;
  }
  void act(unsigned party) override {
    if (party == 0) {
      const std::uint64_t extent = algorithm::extent_of(kNextLength);
      producer.want_room(producer.cursor_wanted(extent));
      model::membarrier("W3");
      slept = !producer.refresh_limit(extent);
      return;
    }
    while (reader.look()) told |= reader.release();
  }
  void end() override { model::require(told || !slept, "the producer sleeps, and nobody wakes it"); }

 private:
  CheckedAttached consumer;
  CheckedReader reader;
  bool slept = false;
};

TEST(WeakSleep, of_the_producer_is_noticed) {
  ForRoom scenario;
  prove(scenario, "sleep for room", {}, {sinking("W2", lines_of("R1")), without_membarrier("W3")});
}

}  // namespace
}  // namespace ringmain::testing
