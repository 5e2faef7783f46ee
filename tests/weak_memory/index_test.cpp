// The index and the tail: what they say of a position is of one moment.
// SPDX-License-Identifier: MIT
#include "ringmain/algorithm/start.hpp"
#include "weak_memory/proof.hpp"
#include "weak_memory/scene.hpp"

namespace ringmain::testing {
namespace {

using algorithm::Index;
using algorithm::Place;

// An entry is written anew, a turn of the index later.
class Noting : public Scene {
 public:
  Noting() : new_place{kPage / 64 * algorithm::kIndexEntries, 100, 5000} {}

  void act(unsigned party) override {
    Index<CheckedMemory> index(&ring.lines(), ring.capacity());
    if (party == 0) return index.write(new_place);
    expect(index.first_at_or_above(0, 0), Place{});
    expect(index.first_at_or_above(new_place.position, new_place.position), new_place);
  }

 private:
  static void expect(const std::optional<Place>& found, const Place& place) {
    if (!found) return;
    model::require(
        found->position == place.position && found->messages == place.messages && found->bytes == place.bytes,
        "the counts of another place");
  }
  const Place new_place;
};

TEST(WeakIndex, never_pairs_a_position_with_the_counts_of_another) {
  Noting scenario;
  const Proof proof(scenario, "note");
  proof.holds();
  proof.holds_in_all();
  for (const char* label : {"I1", "I2", "I3", "I4"}) proof.needs(without(label));
  proof.needs(sinking("bytes noted after the position", lines_with("entry.bytes.store(")));
}

// The tail moves on in its step of the index while somebody looks for a place to start.
class Following : public Scene {
 public:
  Following() : Scene(kMinCapacity) { publish(length_of(64)); }

  void act(unsigned party) override {
    if (party == 0) {
      for (int message = 0; message < 2; ++message) publish(length_of(64));
    } else {
      const auto place = algorithm::locate(ring.ring(), Start::at(128));
      model::require(place && place->position == 64 * place->messages, "no place at the tail");
    }
  }
};

TEST(WeakTail, is_led_to_when_it_is_seen) {
  Following scenario;
  const Proof proof(scenario, "locate");
  proof.holds();
  proof.needs(without("N1"));
  proof.needs(sinking("T1 after the tail", lines_of("T1")));
  proof.needs_one_of("N2", "I2");
  proof.can_miss(without("T2"), "N2 and I2");
}

// What is walked through to get to the tail is overwritten, by a message of half a ring that stands at the tail. Its step
// of the index is another than that of the last entry.
class Walking : public Scene {
 public:
  enum class With { kFalseHeaders, kNoHeaders };

  explicit Walking(With bytes) : Scene(kMinCapacity, Policy::kOverwrite), bytes_(bytes) {
    publish(length_of(64));
    publish(length_of(kHalf));
    // What would be believed if a header led there: two small messages up to the tail.
    for (const Position position : {kTail - 128, kTail - 64}) {
      ring.set_tag(position, position + 1);
      ring.ring().header_at(position)->length_and_type.store(length_of(64));
    }
    first_producer.refresh_limit(kHalf);
  }

  void act(unsigned party) override {
    if (party == 0) {
      if (producer.try_claim(length_of(kHalf)) == nullptr) return;
      auto* const header = ring.ring().header_at(0);  // inside of the new payload
      const Position next = bytes_ == With::kFalseHeaders ? kTail - 128 : kTail - 256;
      header->length_and_type.store(length_of(next), std::memory_order_relaxed);
      (void)producer.commit(length_of(kHalf), 0);
    } else {
      const auto place = algorithm::newest(ring.ring());
      model::require(place.has_value(), "no place at the tail");
      model::require(place->messages == (place->position == kTail ? 2U : 3U), "counted what isn't there");
    }
  }

 private:
  static constexpr std::uint64_t kHalf = kMinCapacity / 2;
  static constexpr Position kTail = kHalf + 64;
  With bytes_;
};

TEST(WeakTail, is_never_told_by_bytes_that_are_overwritten) {
  Walking misled(Walking::With::kFalseHeaders);
  const Proof of_misled(misled, "newest over false headers");
  of_misled.holds();
  of_misled.needs(without("I5"));
  Walking stopped(Walking::With::kNoHeaders);
  const Proof of_stopped(stopped, "newest over no headers");
  of_stopped.holds();
  of_stopped.needs(without("I5"));
  of_stopped.needs(without("I6"));
}

}  // namespace
}  // namespace ringmain::testing
