// Joining and inheriting while the producer makes itself room.
// SPDX-License-Identifier: MIT
#include "weak_memory/prove.hpp"
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
  prove(scenario, "join", {}, {without("J1"), without("J2")});
}

// The heir of a member that died with the first message.
class Inheriting : public FullScene {
 public:
  enum class Heir { kBefore, kBehind };  // its line

  explicit Inheriting(Heir place) {
    if (place == Heir::kBefore) heir = std::make_unique<CheckedAttached>(ring, "group");
    dead = std::make_unique<CheckedAttached>(ring, "group");
    if (place == Heir::kBehind) heir = std::make_unique<CheckedAttached>(ring, "group");
    fill();
    if (dead->reader.examine() != Status::kOk) throw std::logic_error("nothing to inherit");
    dead->die();
    word = dead->own().state.load();
  }

  void begin() override {
    Scene::begin();
    reader = heir->reader;
  }
  void act(unsigned party) override {
    if (party == 0) return publish_over_the_first();
    if (!reader.reap(dead->own(), word)) return;
    model::require(read_payload(reader.bytes().data()) == kFirst, "the payload of another message");
    (void)reader.release();
  }

 private:
  std::unique_ptr<CheckedAttached> heir;
  std::unique_ptr<CheckedAttached> dead;
  std::uint64_t word = 0;
  CheckedReader reader;
};

TEST(WeakInheriting, keeps_the_message_of_the_dead) {
  Inheriting before(Inheriting::Heir::kBefore);
  prove(before, "inherit by an earlier line", {}, {without("D1"), without("J2")});
  Inheriting behind(Inheriting::Heir::kBehind);
  prove(behind, "inherit by a later line", {}, {without("F1"), without("F2")});
}

}  // namespace
}  // namespace ringmain::testing
