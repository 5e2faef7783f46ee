// Room: what a consumer has not released isn't overwritten, whoever holds it.
// SPDX-License-Identifier: MIT
#include "weak_memory/prove.hpp"
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
  prove(scenario, "release and reuse", {}, {without("R1"), without("R2")});
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
  prove(scenario, "take", {}, {without("H1", both(lines_of("H1"), lines_with("head_->compare_exchange_strong(at, next_"))),
                              without("H2"), without("H1 of the intent", lines_of("H1")),
                              without("H1 of the head", lines_with("head_->compare_exchange_strong(at, next_")),
                              sinking("H1 after the head", lines_of("H1")), without("R1"), without("R2")});
}

TEST(WeakGroup, holds_what_changes_hands) {
  Taking scenario(2);
  prove(scenario, "take by two", {.preemptions = 2}, {without("H2")});
}

}  // namespace
}  // namespace ringmain::testing
