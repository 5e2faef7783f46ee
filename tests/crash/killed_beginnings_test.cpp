// Killed while rings are made, opened, attached to and removed: the next one who tries succeeds, and sweeps up.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <set>
#include <string>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/mix.hpp"
#include "support/pinned.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"
#include "support/traced.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "beginnings";
constexpr int kKills = scaled(500);
constexpr std::uint64_t kStops = 160;  // more than any of these makes at system calls: two at each
constexpr std::uint64_t kSamples = 2 * kStops;

class KilledBeginnings : public ::testing::Test {
 protected:
  RingOptions options() const { return {.directory = directory_.path(), .capacity = std::size_t{64} << 10}; }

  void create() const { const auto producer = ringmain::Producer::create(kName, options()); }
  void open() const { const auto producer = ringmain::Producer::open(kName, {.directory = directory_.path()}); }
  void attach(const char* group) const {
    const auto consumer = ringmain::Consumer::attach(kName, {.directory = directory_.path(), .group = group});
  }
  void remove() const { ringmain::remove(kName, directory_.path()); }

  std::set<std::string> entries() const {
    std::set<std::string> result;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      result.insert(entry.path().filename().string());
    }
    return result;
  }

  // Whatever the dead one left: the ring is there or not, list() leaves nothing else, and it can be used and removed.
  void expect_usable() const {
    const bool there = !list(directory_.path()).empty();
    const std::set<std::string> expected = there ? std::set{std::string(kName) + ".ring"} : std::set<std::string>{};
    EXPECT_EQ(entries(), expected);
    if (there) {
      open();
    } else {
      create();
    }
    attach("");
    attach("workers");
    const Statistics statistics = ringmain::statistics(kName, directory_.path());
    EXPECT_TRUE(statistics.consumers.empty());
    EXPECT_TRUE(statistics.groups.empty());
    remove();
    EXPECT_TRUE(entries().empty());
  }

  // Kills what `act` does after some system calls and a random number of instructions.
  void sample(const std::function<void()>& prepare, const std::function<void()>& act) const {
    if (!Traced::permitted()) GTEST_SKIP() << "ptrace is not permitted here";
    if (kSanitized) GTEST_SKIP() << "a sanitizer's instructions are not the library's";
    const Pinned pinned(0);
    std::uint64_t lot = 20;
    std::uint64_t furthest = 0;
    for (std::uint64_t kill = 0; kill < kSamples && !HasFailure(); ++kill) {
      prepare();
      {
        Traced child([&] {
          traced_mark();
          act();
          traced_mark();
        });
        const std::uint64_t calls = kill % kStops;
        std::uint64_t call = 0;
        while (call < calls && child.to_system_call()) ++call;
        furthest = std::max(furthest, call);
        for (std::uint64_t step = call < calls ? 0 : mix(lot) % (kill % 4 == 0 ? 2000 : 60); step > 0 && child.step();
             --step) {
        }
      }
      expect_usable();
    }
    EXPECT_LT(furthest, kStops - 1) << "the end was never reached";
    std::printf("  killed at %lu instructions between %lu stops at system calls\n", kSamples, furthest);
  }

  const Watchdog watchdog_{300};
  TemporaryDirectory directory_;
};

TEST_F(KilledBeginnings, OfARing) {
  sample([] {}, [this] { create(); });
}

TEST_F(KilledBeginnings, OfATakeOver) {
  sample([this] { create(); }, [this] { open(); });
}

TEST_F(KilledBeginnings, OfAConsumer) {
  sample([this] { create(); }, [this] { attach(""); });
}

TEST_F(KilledBeginnings, OfAMember) {
  sample([this] { create(); }, [this] { attach("workers"); });
}

TEST_F(KilledBeginnings, OfARemoval) {
  sample([this] { create(); }, [this] { remove(); });
}

TEST_F(KilledBeginnings, OfASweep) {
  sample(
      [this] {
        const Traced creator([&] {
          traced_mark();
          create();
        });
        Traced half([&] {
          traced_mark();
          create();
        });
        for (int call = 0; call < 40 && half.to_system_call(); ++call) {
        }
      },
      [this] { (void)list(directory_.path()); });
}

// Two who make, take over and remove the same rings all the time, killed at random moments.
TEST_F(KilledBeginnings, OfEverythingAtRandom) {
  const Shared<std::atomic<std::uint64_t>> done;
  const auto live = [&](std::uint64_t seed) {
    std::uint64_t lot = seed;
    for (;;) {
      try {
        switch (mix(lot) % 6) {
          case 0: create(); break;
          case 1: open(); break;
          case 2: attach(""); break;
          case 3: attach("workers"); break;
          case 4: remove(); break;
          default: (void)list(directory_.path());
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
    if (kill % 4 == 0) expect_usable();
  }
  expect_usable();
  EXPECT_GT(done->load(), static_cast<std::uint64_t>(kKills));
  std::printf("  %d kills, %lu things done\n", 2 * kKills, done->load());
}

}  // namespace
}  // namespace ringmain::testing
