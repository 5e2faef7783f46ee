// Pace, by a clock of the test's own.
// SPDX-License-Identifier: MIT
#include "ringmain/transport/pacer.hpp"

#include <gtest/gtest.h>

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using transport::Pacer;

constexpr std::chrono::steady_clock::time_point kStart{1000s};

TEST(PacerTest, without_a_rate_nobody_waits) {
  Pacer pacer({});
  EXPECT_FALSE(pacer.paces());
  EXPECT_EQ(pacer.after(1'000'000, kStart), 0ns);
}

TEST(PacerTest, messages_leave_at_their_times_whatever_their_size) {
  Pacer pacer({.messages = 1000});
  EXPECT_TRUE(pacer.paces());
  EXPECT_EQ(pacer.after(1, kStart), 1ms);
  EXPECT_EQ(pacer.after(1'000'000, kStart + 1ms), 1ms);
  EXPECT_EQ(pacer.after(1, kStart + 1500us), 1500us) << "who is early waits for his own time";
}

TEST(PacerTest, bytes_count_where_bytes_are_asked_for) {
  Pacer pacer({.bytes = 1000});
  EXPECT_EQ(pacer.after(10, kStart), 10ms);
  EXPECT_EQ(pacer.after(0, kStart + 10ms), 0ms);
}

TEST(PacerTest, who_is_late_catches_up_but_not_what_was_held_up_for_long) {
  Pacer pacer({.messages = 1000});
  pacer.after(0, kStart);
  EXPECT_EQ(pacer.after(0, kStart + 30ms), 0ms);
  EXPECT_EQ(pacer.after(0, kStart + 30ms), 0ms);
  int burst = 0;
  while (pacer.after(0, kStart + 10s) == 0ms) ++burst;
  EXPECT_EQ(burst, 50);
}

}  // namespace
}  // namespace ringmain::testing
