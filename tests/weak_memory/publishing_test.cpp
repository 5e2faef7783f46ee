// Publishing and receiving: a message is whole once its tag is seen.
// SPDX-License-Identifier: MIT
#include "weak_memory/prove.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

// Reads what is there of a stream of messages whose lengths and first bytes are known.
class Reading {
 public:
  explicit Reading(CheckedReader& reader) : reader_(reader) {}

  bool next(std::uint64_t length, std::uint64_t value) {
    if (!reader_.look()) return false;
    model::require(reader_.bytes().size() == length, "the length of another message");
    model::require(read_payload(reader_.bytes().data()) == value, "the payload of another message");
    (void)reader_.release();
    return true;
  }

 private:
  CheckedReader& reader_;
};

class Publishing : public Scene {
 public:
  Publishing() : consumer(ring) {}

  void begin() override {
    Scene::begin();
    reader = consumer.reader;
  }
  void act(unsigned party) override {
    if (party == 0) {
      model::require(publish(20, 1) && publish(30, 2), "no room");
    } else {
      Reading reading(reader);
      for (int look = 0; look < 2; ++look) {
        if (reading.next(20, 1)) break;
      }
      if (reader.position() != 0) (void)reading.next(30, 2);
    }
  }

 private:
  CheckedAttached consumer;
  CheckedReader reader;
};

TEST(WeakPublishing, shows_a_message_only_when_it_is_whole) {
  Publishing scenario;
  prove(scenario, "publish and receive", {}, {without("T1"), without("T2", "reader.hpp")});
}

}  // namespace
}  // namespace ringmain::testing
