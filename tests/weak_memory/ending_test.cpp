// The end comes after the last message.
// SPDX-License-Identifier: MIT
#include "weak_memory/proof.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

class Closing : public Scene {
 public:
  Closing() : consumer(ring) {}

  void begin() override {
    Scene::begin();
    reader = consumer.reader;
  }
  void act(unsigned party) override {
    if (party == 0) {
      publish(20, 1);
      publish(20, 2);
      producer.close();
      return;
    }
    std::uint64_t messages = 0;
    for (int look = 0; look < 4; ++look) {
      const Status status = reader.examine();
      if (status == Status::kEnd) return model::require(messages == 2, "ended before the last message");
      if (status != Status::kOk) continue;
      model::require(read_payload(reader.bytes().data()) == ++messages, "the payload of another message");
      (void)reader.release();
    }
  }

 private:
  CheckedAttached consumer;
  CheckedReader reader;
};

TEST(WeakEnd, is_seen_after_the_last_message) {
  Closing scenario;
  const Proof proof(scenario, "close");
  proof.holds();
  proof.needs(without("T1"));
  proof.can_miss(without("E1"), "the position in the end, which no message is left before");
  proof.can_miss(without("E2"), "that position");
}

}  // namespace
}  // namespace ringmain::testing
