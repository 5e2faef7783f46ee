// An overwriting ring: what is overwritten while it is read is not believed.
// SPDX-License-Identifier: MIT
#include "weak_memory/proof.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

// Here the payload is atomic, and relaxed: it may be read while it is written.
class Overtaking : public FullScene {
 public:
  Overtaking() : FullScene(Policy::kOverwrite), consumer(ring) { fill(); }

  void begin() override {
    Scene::begin();
    reader = consumer.reader;
  }
  void act(unsigned party) override {
    if (party == 0) {
      (void)room_for(producer, kNextLength);
      payload().store(kNext, std::memory_order_relaxed);
      (void)producer.commit(kNextLength, 0);
      return;
    }
    if (reader.look()) {
      const std::uint64_t value = payload().load(std::memory_order_relaxed);
      if (reader.still_valid()) return model::require(value == kFirst, "a payload that was overwritten is valid");
    }
    const Status status = reader.examine();
    model::require(status != Status::kCorrupt, "the ring looks corrupt");
    // The boundary that has an eighth of the ring to spare is the second message.
    if (status == Status::kOk && reader.position() != 0) {
      model::require(reader.position() == kQuarter && reader.lost() == 1, "a wrong number of lost messages");
    }
  }

 private:
  using Payload = CheckedMemory::Atomic<std::uint64_t>;
  Payload& payload() { return *reinterpret_cast<Payload*>(payload_of_first()); }

  CheckedAttached consumer;
  CheckedReader reader;
};

TEST(WeakLapping, is_noticed_by_who_read_new_bytes) {
  Overtaking scenario;
  const Proof proof(scenario, "overtake");
  proof.holds();
  proof.needs(without("L1"));
  proof.needs(without("L2"));
  proof.needs(sinking("the limit told after the first byte", lines_with("limit.store(settled")));
  proof.can_miss(without("N2"), "I2, a fence of all who read the index");
}

}  // namespace
}  // namespace ringmain::testing
