// What only rings have, at the ends of a relay.
// SPDX-License-Identifier: MIT
#include "ringmain/transport/ring.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "ringmain/transport/address.hpp"
#include "ringmain/transport/relay.hpp"
#include "support/child.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

class RingEndsTest : public ::testing::Test {
 protected:
  std::string address(const std::string& options = {}) const {
    return "ring:r?dir=" + directory_.path().string() + options;
  }

  TemporaryDirectory directory_{};
  Watchdog watchdog_{50};
};

TEST_F(RingEndsTest, a_member_whose_sink_fails_leaves_its_message_to_the_others) {
  const auto sink = transport::open_sink(address());
  auto first = transport::open_source(address("&group=g"));
  const auto second = transport::open_source(address("&group=g"));
  for (std::size_t i = 1; i <= 3; ++i) ASSERT_EQ(sink->send(Bytes(i)), Status::kOk);
  const OwnedDescriptor full = open_file("/dev/full", O_WRONLY);
  const auto failing = transport::open_sink("fd:" + std::to_string(full.get()));
  EXPECT_THROW(static_cast<void>(first->receive_into(*failing, 1s)), Error);
  first.reset();
  std::size_t bytes = 0;
  bool redelivered = false;
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(second->receive(10s), Status::kOk);
    bytes += second->message().bytes.size();
    redelivered = redelivered || second->message().redelivered;
  }
  EXPECT_EQ(bytes, 1U + 2 + 3);
  EXPECT_TRUE(redelivered);
}

TEST_F(RingEndsTest, a_lossy_ring_tells_what_was_lost_and_lends_only_what_is_whole) {
  const auto sink = transport::open_sink(address("&capacity=64K&overwrite"));
  const auto source = transport::open_source(address());
  std::uint64_t next = 0;
  std::uint64_t lost = 0;
  for (std::uint64_t number = 0; number < 10'000; ++number) {
    Bytes message(1000, static_cast<std::byte>(number % 251));
    std::memcpy(message.data(), &number, sizeof number);
    ASSERT_EQ(sink->send(message), Status::kOk);
    if (number % 500 != 0) continue;
    ASSERT_EQ(source->receive(0ns), Status::kOk);
    std::uint64_t found = 0;
    std::memcpy(&found, source->message().bytes.data(), sizeof found);
    ASSERT_EQ(found, next + source->message().lost);
    ASSERT_EQ(source->message().bytes.back(), static_cast<std::byte>(found % 251));
    lost += source->message().lost;
    next = found + 1;
  }
  EXPECT_GT(lost, 0U);
}

TEST_F(RingEndsTest, handles_of_the_program_itself) {
  RingOptions options;
  options.directory = directory_.path();
  ConsumerOptions reading;
  reading.directory = directory_.path();
  Producer producer = Producer::create("own", options);
  Consumer consumer = Consumer::attach("own", reading);
  const auto sink = transport::ring_sink(std::move(producer), "own", /*remove_at_end=*/true);
  const auto source = transport::ring_source(std::move(consumer), "own");
  ASSERT_EQ(sink->send(Bytes(5), 7), Status::kOk);
  ASSERT_EQ(source->receive(1s), Status::kOk);
  EXPECT_EQ(source->message().type, 7);
  EXPECT_EQ(sink->close(), Status::kOk);
  EXPECT_EQ(source->receive(1s), Status::kEnd);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(RingEndsTest, a_ring_whose_relay_failed_is_not_closed) {
  const auto into = transport::open_sink(address());
  const auto consumer = transport::open_source(address());
  auto [read, write] = make_pipe();
  const auto source = transport::open_source("fd:" + std::to_string(read.get()) + "?frames");
  ASSERT_EQ(::write(write.get(), "\x02\0\0\0ab\x09\0\0\0c", 11), 11);
  write.close();
  {
    transport::RelayCounters counters;
    EXPECT_THROW(transport::relay(*source, *into, counters), Error);
    EXPECT_EQ(counters.messages, 1U);
  }
  ASSERT_EQ(consumer->receive(1s), Status::kOk);
  EXPECT_EQ(consumer->receive(10ms), Status::kTimedOut) << "nobody said that this was all";
}

}  // namespace
}  // namespace ringmain::testing
