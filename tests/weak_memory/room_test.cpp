// Room: what a consumer has not released isn't overwritten, whoever holds it.
// SPDX-License-Identifier: MIT
#include "weak_memory/proof.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

class Releasing : public FullScene {
 public:
  Releasing() : consumer(ring) { fill(); }

  void begin() override {
    Scene::begin();
    reader = consumer.reader;
  }
  void act(unsigned party) override {
    if (party == 0) return publish_over_the_first();
    model::require(reader.look(), "a message that was there is gone");
    model::require(read_payload(reader.bytes().data()) == kFirst, "the payload of another message");
    (void)reader.release();
  }

 private:
  CheckedAttached consumer;
  CheckedReader reader;
};

TEST(WeakRoom, is_made_only_by_who_has_read) {
  Releasing scenario;
  const Proof proof(scenario, "release and reuse");
  proof.holds();
  proof.holds_in_all();
  proof.needs(without("R1"));
  proof.needs_one_of("R2", "J2");
}

// Two are passed, and the first is read while the second is held; they are given back one after the other.
class Passing : public FullScene {
 public:
  Passing() : consumer(ring) { fill(); }

  void begin() override {
    Scene::begin();
    reader = consumer.reader;
  }
  void act(unsigned party) override {
    if (party == 0) return publish_over_the_first();
    const std::byte* const first = pass();
    (void)pass();
    model::require(read_payload(first) == kFirst, "the payload of another message");
    (void)reader.release_below(kQuarter);
    (void)reader.release_below(reader.position());
  }

 private:
  const std::byte* pass() {
    model::require(reader.look(), "a message that was there is gone");
    const std::byte* const payload = reader.bytes().data();
    reader.pass();
    return payload;
  }

  CheckedAttached consumer;
  CheckedReader reader;
};

TEST(WeakRoom, is_made_of_what_was_passed_only_by_who_has_read) {
  Passing scenario;
  const Proof proof(scenario, "give back and reuse");
  proof.holds();
  proof.needs(without("R1"));
  proof.needs_one_of("R2", "J2");
}

// Members take the first message, and the next.
class Taking : public FullScene {
 public:
  explicit Taking(unsigned members) : members_(members) {
    for (unsigned i = 0; i < members; ++i) consumers.push_back(std::make_unique<CheckedAttached>(ring, "group"));
    fill();
  }

  unsigned parties() const override { return 1 + members_; }
  void begin() override {
    Scene::begin();
    for (unsigned i = 0; i < members_; ++i) readers[i] = consumers[i]->reader;
  }
  void act(unsigned party) override {
    if (party == 0) return publish_over_the_first();
    CheckedReader& reader = readers[party - 1];
    for (int message = 0; message < 2; ++message) {
      if (reader.examine() != Status::kOk) continue;
      const std::uint64_t expected = kFirst + reader.position() / kQuarter;
      model::require(read_payload(reader.bytes().data()) == expected, "the payload of another message");
      (void)reader.release();
    }
  }

 private:
  unsigned members_;
  std::vector<std::unique_ptr<CheckedAttached>> consumers;
  std::array<CheckedReader, 2> readers;
};

TEST(WeakGroup, holds_what_a_member_takes) {
  Taking scenario(1);
  const auto exchange = lines_with("head_->compare_exchange_strong(at, next_");
  const Proof proof(scenario, "take");
  proof.holds();
  proof.needs(without("H1", both(lines_of("H1"), exchange)));
  proof.needs(without("H1 of the head", exchange));
  proof.needs(sinking("H1 of the intent, told after the head", lines_of("H1")));
  proof.can_miss(without("H1"), "the release of the head");
  proof.needs_one_of("H2", "J2");
  proof.needs(without("R1"));
}

TEST(WeakGroup, holds_what_changes_hands) {
  Taking scenario(2);
  const Proof proof(scenario, "take by two");
  proof.holds(2);
  proof.needs(without("H1", both(lines_of("H1"), lines_with("head_->compare_exchange_strong(at, next_"))));
}

}  // namespace
}  // namespace ringmain::testing
