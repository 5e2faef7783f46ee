// Killed while rings are made, opened, attached to and removed: the next one who tries succeeds, and sweeps up.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>

#include "crash/every_instruction.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/mix.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "beginnings";
constexpr int kKills = scaled(500);

// A directory for one ring.
class Beginnings {
 public:
  const std::filesystem::path& directory() const { return directory_.path(); }
  std::int64_t back_at_work() const { return back_at_work_; }

  void create() const {
    const auto producer =
        ringmain::Producer::create(kName, {.directory = directory(), .capacity = std::size_t{64} << 10});
  }
  void open() const { const auto producer = ringmain::Producer::open(kName, {.directory = directory()}); }
  void attach(const char* group) const {
    const auto consumer = ringmain::Consumer::attach(kName, {.directory = directory(), .group = group});
  }
  void remove() const { ringmain::remove(kName, directory()); }
  void collect() const { (void)ringmain::collect(kName, directory()); }
  void sweep() const { (void)list(directory()); }

  // Whatever the dead one left: the ring is there or not, list() leaves nothing else, and it can be used and removed.
  void expect_usable() {
    const bool there = !list(directory()).empty();
    require(entries() == (there ? std::set{std::string(kName) + ".ring"} : std::set<std::string>{}), "leftovers");
    if (there) {
      open();
    } else {
      create();
    }
    attach("");
    back_at_work_ = monotonic_ns();
    attach("workers");
    const Statistics statistics = ringmain::statistics(kName, directory());
    require(statistics.consumers.empty(), "somebody is left over");
    require(statistics.groups.empty(), "a group is left over");
    remove();
    require(entries().empty(), "something is left over");
  }

 private:
  std::set<std::string> entries() const {
    std::set<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) {
      result.insert(entry.path().filename().string());
    }
    return result;
  }

  TemporaryDirectory directory_;
  std::int64_t back_at_work_ = 0;
};

class KilledBeginnings : public Killing<Beginnings> {
 protected:
  static void nothing(Beginnings&) {}
  static void a_ring(Beginnings& stage) { stage.create(); }
  static void usable(Beginnings& stage) { stage.expect_usable(); }

  // What `work` does is stepped through, all of it.
  template <class Work>
  static Act all_of(Work work) {
    return [work](Beginnings& stage) {
      traced_mark();
      work(stage);
      traced_mark();
    };
  }
  const Act create_ = all_of([](Beginnings& stage) { stage.create(); });
  const Act sweep_ = all_of([](Beginnings& stage) { stage.sweep(); });
  const Act remove_ = all_of([](Beginnings& stage) { stage.remove(); });
};

TEST_F(KilledBeginnings, OfARing) { sweep(nothing, create_, usable); }

TEST_F(KilledBeginnings, OfATakeOver) {
  sweep(a_ring, all_of([](Beginnings& stage) { stage.open(); }), usable);
}

TEST_F(KilledBeginnings, OfAConsumer) {
  sweep(a_ring, all_of([](Beginnings& stage) { stage.attach(""); }), usable);
}

TEST_F(KilledBeginnings, OfAMember) {
  sweep(a_ring, all_of([](Beginnings& stage) { stage.attach("workers"); }), usable);
}

TEST_F(KilledBeginnings, OfARemoval) { sweep(a_ring, remove_, usable); }

TEST_F(KilledBeginnings, OfACollection) {
  sweep(a_ring, all_of([](Beginnings& stage) { stage.collect(); }), usable);
}

TEST_F(KilledBeginnings, OfAProducerThatRemovesItsRing) {
  sweep(
      a_ring,
      [](Beginnings& stage) {
        auto producer = ringmain::Producer::open(kName, {.directory = stage.directory()});
        traced_mark();
        producer.close_and_remove();
        traced_mark();
      },
      usable);
}

TEST_F(KilledBeginnings, OfASweepAfterARemoval) { sweep_twice(a_ring, remove_, sweep_, usable); }

TEST_F(KilledBeginnings, OfASweepAfterABirth) { sweep_twice(nothing, create_, sweep_, usable); }

// Two who make, take over and remove the same rings all the time, killed at random moments.
TEST(KilledBeginning, OfEverythingAtRandom) {
  const Watchdog watchdog(300);
  Beginnings stage;
  const Shared<std::atomic<std::uint64_t>> done;
  const auto live = [&](std::uint64_t seed) {
    std::uint64_t lot = seed;
    for (;;) {
      try {
        switch (mix(lot) % 6) {
          case 0: stage.create(); break;
          case 1: stage.open(); break;
          case 2: stage.attach(""); break;
          case 3: stage.attach("workers"); break;
          case 4: stage.remove(); break;
          default: stage.sweep();
        }
        done->fetch_add(1);
      } catch (const Error& error) {
        const bool expected = error.status() == Status::kExists || error.status() == Status::kNotFound ||
                              error.status() == Status::kInUse || error.status() == Status::kProducerExists;
        require(expected, error.what());
      }
    }
  };
  std::uint64_t lot = 21;
  for (int kill = 0; kill < kKills && !HasFailure(); ++kill) {
    Child one([&] { live(2 * static_cast<std::uint64_t>(kill)); });
    Child two([&] { live(2 * static_cast<std::uint64_t>(kill) + 1); });
    ::usleep(static_cast<useconds_t>(mix(lot) % 6000));
    EXPECT_FALSE(one.ended() || two.ended());
    one.kill();
    two.kill();
    if (kill % 4 != 0) continue;
    EXPECT_NO_THROW(stage.expect_usable());
  }
  EXPECT_NO_THROW(stage.expect_usable());
  EXPECT_GT(done->load(), static_cast<std::uint64_t>(kKills));
  std::printf("  %d kills, %lu things done\n", 2 * kKills, done->load());
}

}  // namespace
}  // namespace ringmain::testing
