// Joining and inheriting while the producer makes itself room.
// SPDX-License-Identifier: MIT
#include "weak_memory/proof.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

// One consumer has read everything; another begins with the oldest message, which the producer is about to overwrite.
class Joining : public FullScene {
 public:
  Joining() : reading(ring), joining(ring) {
    first_producer.refresh_limit(0);
    fill();
    while (reading.reader.look()) (void)reading.reader.release();
    joining.own().cursor.store(kNowhere);
    joining.own().state.store(LineWord{joining.generation, LineState::kJoining}.word());
  }

  void begin() override {
    Scene::begin();
    reader = CheckedReader(ring.ring(), &joining.own().cursor, nullptr, false);
  }
  void act(unsigned party) override {
    if (party == 0) return publish_over_the_first();
    model::require(reader.begin(Start::oldest()), "no place to begin");
    if (!reader.look()) return;
    const std::uint64_t expected = reader.position() == kFull ? kNext : kFirst + reader.position() / kQuarter;
    if (expected != kNext) {
      model::require(read_payload(reader.bytes().data()) == expected, "the payload of another message");
    }
  }

 private:
  CheckedAttached reading;
  CheckedAttached joining;
  CheckedReader reader;
};

TEST(WeakJoining, is_respected_or_moves_up) {
  Joining scenario;
  const Proof proof(scenario, "join");
  proof.holds();
  for (const char* label : {"J1", "J2"}) {
    proof.needs(without(label));
    proof.needs(without_store_load(label));
  }
}

// A member died with the first message, its heir after it, and so on: each inherits from the one before. What one of them
// does before its lease is gone is known to the next, so one party acts for all.
class Inheriting : public FullScene {
 public:
  // The lines that the message comes by, the first dead one's first.
  explicit Inheriting(std::initializer_list<std::size_t> lines) : lines_(lines) {
    for (std::size_t i = 0; i < lines_.size(); ++i)
      members_.push_back(std::make_unique<CheckedAttached>(ring, "group"));
    fill();
    if (member(0).reader.examine() != Status::kOk) throw std::logic_error("nothing to inherit");
  }

  void act(unsigned party) override {
    if (party == 0) return publish_over_the_first();
    CheckedReader reader;
    for (std::size_t heir = 1; heir < lines_.size(); ++heir) {
      const CheckedAttached& dead = member(heir - 1);
      reader = member(heir).reader;
      if (!reader.reap(dead.own(), dead.own().state.load(std::memory_order_acquire))) return;
      model::require(read_payload(reader.bytes().data()) == kFirst, "the payload of another message");
    }
    (void)reader.release();
  }

 private:
  CheckedAttached& member(std::size_t generation) const { return *members_[lines_[generation]]; }

  std::vector<std::size_t> lines_;
  std::vector<std::unique_ptr<CheckedAttached>> members_;  // each at its line
};

TEST(WeakInheriting, keeps_the_message_of_the_dead) {
  for (const auto& lines : {std::initializer_list<std::size_t>{0, 1}, {1, 0}}) {
    Inheriting scenario(lines);
    const Proof proof(scenario, lines.begin()[0] == 0 ? "inherit by a later line" : "inherit by an earlier line");
    proof.holds();
    proof.holds_in_all();
    proof.needs_one_of("F1", "D1");
    proof.needs_one_of("F2", "J2");
  }
}

// The message moves once during the first scan, and twice during the second, each time from lines that are not yet scanned
// to one that is.
TEST(WeakInheriting, keeps_a_message_that_the_scans_run_after) {
  Inheriting scenario{2, 0, 3, 1};
  const Proof proof(scenario, "inherit thrice");
  proof.holds();
  proof.needs(without("D1"));
  proof.needs(without_store_load("D1"));
  proof.needs(without("J2"));
  proof.needs(without_store_load("J2"));
}

}  // namespace
}  // namespace ringmain::testing
