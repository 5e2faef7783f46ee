// A guest that stands still at one instruction of what it does for longer than all periods of the library, and goes on.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>

#include "crash/company.hpp"
#include "support/child.hpp"
#include "support/mix.hpp"
#include "support/pinned.hpp"
#include "support/scale.hpp"
#include "support/traced.hpp"

namespace ringmain::testing {

class StopAndGo : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!Traced::permitted()) GTEST_SKIP() << "ptrace is not permitted here";
    if (kSanitized) GTEST_SKIP() << "a sanitizer's instructions are not the library's";
  }

  struct Play {
    std::function<std::unique_ptr<Company>()> gather;
    std::function<void(Company&)> guest;  // with a traced_mark() before and after what it may be stopped in
    std::function<void(Company&, pid_t guest)> meanwhile;
    std::function<void(Company&)> afterwards;  // while the guest goes on
  };

  // The guest stands at instructions drawn by lot.
  void stop_and_go(const char* operation, const Play& play) {
    std::uint64_t lot = 21;
    const Length length = rehearse(play);
    const int stands = proof_scaled(12, 150);
    for (int i = 0; i < stands && !HasFailure(); ++i) {
      stand_ = i % 8 == 0 ? kLong : kShort;
      const Place place = length.place_by_lot(lot);
      perform(play, place);
      if (HasFailure()) std::printf("  at system call %lu, instruction %lu\n", place.stops, place.instructions);
    }
    if (HasFailure()) return;
    std::printf("  of %lu%s instructions, %lu stops at system calls\n", length.instructions,
                length.is_known() ? "" : " or more", length.stops);
    std::printf("PROOF stop-and-go %s: %d stands, 0 bad\n", operation, stands);
  }

  // How long the guest stands still, at least.
  static std::chrono::milliseconds stand() { return stand_; }

 private:
  // Longer than a producer is held before it looks after the dead; longer than the library ever waits before it looks.
  static constexpr std::chrono::milliseconds kShort{25};
  static constexpr std::chrono::milliseconds kLong{110};

  // Of what the guest may be stopped in.
  struct Length {
    static constexpr std::uint64_t kShort = 1000;
    static constexpr std::uint64_t kMost = 3000;
    std::uint64_t instructions = 0;  // at most kMost
    std::uint64_t stops = 0;         // at system calls

    bool is_known() const { return instructions < kMost; }
    // Of something short, at each instruction alike; else near each system call alike, too.
    Place place_by_lot(std::uint64_t& lot) const {
      const bool anywhere = instructions < kShort || (is_known() && mix(lot) % 2 == 0);
      return anywhere ? Place{0, mix(lot) % (instructions + 1)} : Place::by_lot(lot, stops);
    }
  };

  // Without a stand.
  static Length rehearse(const Play& play) {
    Length length;
    rehearse(play, [&](Traced& guest) {
      while (length.is_known() && guest.step()) ++length.instructions;
    });
    rehearse(play, [&](Traced& guest) {
      while (guest.to_system_call()) ++length.stops;
    });
    return length;
  }
  template <class Count>
  static void rehearse(const Play& play, Count&& count) {
    const auto company = play.gather();
    Traced guest([&] { play.guest(*company); });
    count(guest);
  }

  static void perform(const Play& play, Place place) {
    try {
      const auto company = play.gather();
      Traced guest([&] { play.guest(*company); });
      guest.go_to(place);
      play.meanwhile(*company, guest.pid());
      guest.let_go();
      play.afterwards(*company);
      require(guest.wait_for_end() == 0, "the guest found something wrong");
      company->expect_all_went_well();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }

  static inline std::chrono::milliseconds stand_ = kShort;

  const Watchdog watchdog_{900};
  const Pinned pinned_{0};  // all take turns anyway
};

}  // namespace ringmain::testing
