// Replaying a journal: from a place, at a pace, and while it is being recorded.
// SPDX-License-Identifier: MIT
#include <poll.h>
#include <time.h>

#include <array>
#include <csignal>
#include <ctime>
#include <thread>
#include <vector>

#include "transport/journal.hpp"

namespace ringmain::testing {
namespace {

class JournalReplayTest : public JournalTest {};

TEST_F(JournalReplayTest, from_a_number) {
  stream_ = Stream(5, 0, 3000);
  constexpr std::uint64_t kMessages = 500;
  record(kMessages);
  for (std::uint64_t first = 0; first <= kMessages; first += first % 50 == 0 ? 1 : 7) {
    expect_replay(kMessages, Status::kEnd, "?from=" + std::to_string(first), first);
    ASSERT_FALSE(HasFailure()) << first;
  }
  EXPECT_EQ(replayed("?from=501").how, Status::kEnd);
}

// Three groups of messages, with pauses between.
TEST_F(JournalReplayTest, from_a_time) {
  std::vector<std::uint64_t> times;
  {
    const auto sink = recorder();
    for (std::uint64_t group = 0; group < 3; ++group) {
      if (group != 0) std::this_thread::sleep_for(60ms);
      times.push_back(static_cast<std::uint64_t>(
          std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count()));
      record(*sink, group * 5, group * 5 + 5);
    }
    ASSERT_EQ(sink->close(), Status::kOk);
  }
  const auto iso = [](std::uint64_t time) {
    const auto seconds = static_cast<time_t>(time / 1'000'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
    return std::string(text.data(), length) + std::to_string(1'000'000'000 + time % 1'000'000'000).substr(1) + "Z";
  };
  for (std::uint64_t group = 0; group < 3; ++group) {
    expect_replay(15, Status::kEnd, "?from=" + iso(times[group] - 30'000'000), group * 5);
  }
  EXPECT_EQ(replayed("?from=" + iso(times[2] + 3'600'000'000'000)).how, Status::kEnd);
  expect_replay(15, Status::kEnd, "?from=1970-01-01T00:00:00Z");
  expect_replay(15, Status::kEnd, "?from=0s");
  expect_replay(15, Status::kEnd, "?from=30ms", 5);
  expect_replay(15, Status::kEnd, "?from=-1h");
  expect_replay(15, Status::kEnd, "?from=-30ms", 10);
}

// A replay takes at least as long as the recording did. How much longer is the machine's affair.
TEST_F(JournalReplayTest, at_the_recorded_pace) {
  const auto begin = std::chrono::steady_clock::now();
  const auto since = [](auto moment) { return std::chrono::steady_clock::now() - moment; };
  {
    const auto sink = recorder();
    record(*sink, 0, 1);
    for (std::uint64_t number = 1; number < 4; ++number) {
      std::this_thread::sleep_for(50ms);
      record(*sink, number, number + 1);
    }
    ASSERT_EQ(sink->close(), Status::kOk);
  }
  const auto recorded = since(begin);
  ASSERT_GE(recorded, 150ms);
  const auto timed = [&](const std::string& pace) {
    const auto start = std::chrono::steady_clock::now();
    expect_replay(4, Status::kEnd, "?pace=" + pace);
    return since(start);
  };
  EXPECT_GE(timed("recorded"), 150ms);
  EXPECT_GE(timed("0.5"), 300ms);
  EXPECT_GE(timed("3"), 50ms);
  const auto source = replay("?pace=1e-5");
  ASSERT_EQ(source->receive(0ns), Status::kOk) << "the first is due at once";
  EXPECT_EQ(source->receive(0ns), Status::kEmpty);
  EXPECT_EQ(source->receive(1ms), Status::kTimedOut) << "and the next hours later";
}

TEST_F(JournalReplayTest, a_follower_receives_what_is_recorded_and_then_the_end) {
  const auto sink = recorder();
  const auto source = replay("?follow");
  for (std::uint64_t number = 0; number < 20; ++number) {
    EXPECT_EQ(source->receive(0ns), Status::kEmpty);
    record(*sink, number, number + 1);
    ASSERT_EQ(sink->flush(), Status::kOk);
    ASSERT_EQ(source->receive(10s), Status::kOk);
    EXPECT_TRUE(stream_.is(number, 0, source->message().bytes));
  }
  EXPECT_EQ(source->receive(1ms), Status::kTimedOut);
  ASSERT_EQ(sink->close(), Status::kOk);
  EXPECT_EQ(source->receive(10s), Status::kEnd);
}

TEST_F(JournalReplayTest, a_follower_waits_for_the_journal_and_learns_that_its_recorder_died) {
  Child child([&] {
    std::this_thread::sleep_for(20ms);
    const auto sink = recorder();
    record(*sink, 0, 5);
    sink->flush();
    ::raise(SIGKILL);
  });
  expect_replay(5, Status::kProducerLost, "?follow&wait=10s");
  EXPECT_EQ(refusal([&] { static_cast<void>(transport::open_source(address("x?wait=1ms"))); }), Status::kNotFound);
}

// Whatever lies behind what a follower has seen is looked at anew: a torn tail is cut off, and written over.
TEST_F(JournalReplayTest, a_follower_sees_a_torn_one_gone_on_with) {
  stream_ = Stream(1, 100, 100);
  record(5);
  std::filesystem::resize_file(path(), boundaries(5)[3] + 80);
  const auto source = replay("?follow");
  ASSERT_EQ(source->receive(10s), Status::kOk);  // all of it is read ahead
  const auto sink = recorder("?append");
  for (int i = 1; i < 3; ++i) ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_EQ(source->receive(0ns), Status::kEmpty);
  record(*sink, 17, 18);
  ASSERT_EQ(sink->close(), Status::kOk);
  ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_TRUE(stream_.is(17, 0, source->message().bytes));
  EXPECT_EQ(source->receive(10s), Status::kEnd);
}

TEST_F(JournalReplayTest, a_follower_of_one_that_is_overwritten) {
  record(5);
  std::filesystem::resize_file(path(), boundaries(5)[5]);  // without its end
  const auto source = replay("?follow");
  ASSERT_EQ(source->receive(10s), Status::kOk);
  const auto sink = recorder("?overwrite");
  EXPECT_EQ(refusal([&] {
              while (source->receive(10s) == Status::kOk) {
              }
            }),
            Status::kRemoved);
}

TEST_F(JournalReplayTest, an_event_loop_is_woken) {
  const auto sink = recorder();
  const auto source = replay("?follow");
  for (std::uint64_t number = 0; number < 5; ++number) {
    EXPECT_EQ(source->receive(0ns), Status::kEmpty);
    record(*sink, number, number + 1);
    ASSERT_EQ(sink->flush(), Status::kOk);
    Status status = Status::kEmpty;
    while (status == Status::kEmpty) {
      ASSERT_TRUE(source->arm());
      pollfd waited{source->descriptor(), POLLIN, 0};
      ASSERT_EQ(::poll(&waited, 1, 10'000), 1);
      status = source->receive(0ns);
    }
    ASSERT_EQ(status, Status::kOk);
  }
}

}  // namespace
}  // namespace ringmain::testing
