// Publishing and receiving: a message is whole once its tag is seen.
// SPDX-License-Identifier: MIT
#include "weak_memory/proof.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

class Receiving : public Scene {
 public:
  // One of a group of its own, or the member of a named one.
  template <class... Name>
  explicit Receiving(Name... name) : Scene(kMinCapacity), consumer(ring, name...) {}

  void begin() override {
    Scene::begin();
    reader = consumer.reader;
  }

 protected:
  // Two messages are looked for, of 20 bytes and of 30.
  void receive() {
    for (int look = 0; look < 3 && reader.position() < 128; ++look) {
      if (reader.look()) check_and_release();
    }
  }
  void check_and_release() {
    const bool first = reader.position() == 0;
    model::require(reader.bytes().size() == (first ? 20U : 30U), "the length of another message");
    model::require(read_payload(reader.bytes().data()) == (first ? 1U : 2U), "the payload of another message");
    (void)reader.release();
  }

  CheckedAttached consumer;
  CheckedReader reader;
};

class Publishing : public Receiving {
 public:
  void act(unsigned party) override {
    if (party != 0) return receive();
    model::require(publish(20, 1) && publish(30, 2), "no room");
  }
};

TEST(WeakPublishing, shows_a_message_only_when_it_is_whole) {
  Publishing scenario;
  const Proof proof(scenario, "publish and receive");
  proof.holds();
  proof.needs(without("T1"));
  proof.needs(without("T2"));
}

class Batching : public Receiving {
 public:
  void act(unsigned party) override {
    if (party != 0) return receive();
    CheckedProducer::Batch batch(producer);
    add(batch, 20, 1);
    add(batch, 30, 2);
    (void)batch.commit();
  }

 private:
  // In place: the message is there before its payload is.
  static void add(CheckedProducer::Batch& batch, std::uint64_t length, std::uint64_t value) {
    write_payload(batch.add(length, 0), value);
  }
};

TEST(WeakPublishing, shows_a_batch_only_when_all_of_it_is_whole) {
  Batching scenario;
  const Proof proof(scenario, "batch");
  proof.holds();
  proof.needs(without("T1"));
  proof.needs(without("T2"));
  proof.can_miss(without("T3"), "T1, the first tag, which is stored last");
}

// A member of a group takes what is published.
class PublishingToAGroup : public Receiving {
 public:
  PublishingToAGroup() : Receiving("group") {}

  void act(unsigned party) override {
    if (party == 0) return model::require(publish(20, 1) && publish(30, 2), "no room");
    for (int look = 0; look < 3; ++look) {
      if (reader.examine() == Status::kOk) check_and_release();
    }
  }
};

TEST(WeakPublishing, shows_a_member_only_what_is_whole) {
  PublishingToAGroup scenario;
  const Proof proof(scenario, "publish and take");
  proof.holds();
  proof.needs(without("T1"));
  proof.needs(without("T2"));
}

}  // namespace
}  // namespace ringmain::testing
