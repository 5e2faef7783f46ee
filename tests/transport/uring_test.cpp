// The carriers through io_uring, beyond what all carriers have in common.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include <cstring>
#include <filesystem>
#include <thread>

#include "descriptor.hpp"
#include "ringmain/transport/address.hpp"
#include "ringmain/transport/relay.hpp"
#include "support/child.hpp"
#include "support/intercept.hpp"
#include "support/temporary_directory.hpp"
#include "transport/counting.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using transport::open_sink;
using transport::open_source;

class UringTest : public ::testing::Test {
 protected:
  std::string unix_address() const { return "uring+unix:" + (directory_.path() / "s").string(); }

  TemporaryDirectory directory_{};
  Watchdog watchdog_{100};
};

TEST_F(UringTest, where_it_is_forbidden_the_plain_carrier_is_named) {
  for (const int error : {ENOSYS, EPERM}) {
    EXPECT_EQ(Child([&] {
                forbid({SYS_io_uring_setup}, error);
                for (const std::string& plain : {"unix:" + directory_.path().string() + "/t", std::string("tcp:*:1")}) {
                  std::string message;
                  require(refusal([&] { open_source("uring+" + plain); }, &message) == Status::kUnsupported, message);
                  require(message.find("use " + plain + ",") != std::string::npos, message);
                  require(refusal([&] { open_sink("uring+" + plain); }, &message) == Status::kUnsupported, message);
                }
                require(!std::filesystem::exists(directory_.path() / "t"), "it left a socket behind");
              }).wait(),
              0);
  }
}

TEST_F(UringTest, huge_messages) {
  const std::size_t huge = std::size_t{64} << 20;
  auto source = open_source(unix_address());
  std::jthread sender([&] {
    const auto sink = open_sink(unix_address());
    for (const std::size_t bytes : {std::size_t{10}, huge, std::size_t{0}, std::size_t{50'000}, huge / 4}) {
      EXPECT_EQ(sink->send(counting(bytes), 3), Status::kOk);
    }
    EXPECT_EQ(sink->close(), Status::kOk);
  });
  for (const std::size_t bytes : {std::size_t{10}, huge, std::size_t{0}, std::size_t{50'000}}) {
    ASSERT_EQ(source->receive(10s), Status::kOk);
    const auto& message = source->message();
    ASSERT_EQ(message.bytes.size(), bytes);
    EXPECT_EQ(message.type, 3);
    const Bytes expected = counting(bytes);
    EXPECT_TRUE(std::equal(message.bytes.begin(), message.bytes.end(), expected.begin()));
  }
  const std::string ring = "ring:r?dir=" + directory_.path().string();
  const auto into = open_sink(ring + "&capacity=64M");
  const auto out_of = open_source(ring);
  transport::RelayCounters counters;
  EXPECT_EQ(transport::relay(*source, *into, counters), Status::kEnd);
  ASSERT_EQ(out_of->receive(10s), Status::kOk);
  const Bytes expected = counting(huge / 4);
  ASSERT_EQ(out_of->message().bytes.size(), expected.size());
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out_of->message().bytes.begin()));
}

TEST_F(UringTest, in_a_loop_of_epoll) {
  constexpr std::uint64_t kMessages = 2000;
  const auto source = open_source(unix_address());
  std::jthread sender([&] {
    const auto sink = open_sink(unix_address());
    for (std::uint64_t number = 0; number < kMessages; ++number) {
      EXPECT_EQ(sink->send(Bytes(number % 500 == 0 ? 100'000 : 100)), Status::kOk);
      EXPECT_EQ(sink->flush(), Status::kOk);
      if (number % 64 == 0) std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(sink->close(), Status::kOk);
  });
  std::uint64_t received = 0;
  std::uint64_t sleeps = 0;
  for (Status status = Status::kOk; status != Status::kEnd;) {
    while ((status = source->receive(0ns)) == Status::kOk) ++received;
    if (status == Status::kEnd || !source->arm()) continue;
    const Descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    ASSERT_EQ(::epoll_ctl(poll.get(), EPOLL_CTL_ADD, source->descriptor(), &event), 0);
    const int ready = ::epoll_wait(poll.get(), &event, 1, 10'000);
    ASSERT_TRUE(ready == 1 || (ready == -1 && errno == EINTR)) << "nobody told us";
    ++sleeps;
  }
  EXPECT_EQ(received, kMessages);
  EXPECT_GT(sleeps, 1U);
}

TEST_F(UringTest, receivers_come_and_go) {
  constexpr std::uint64_t kMessages = 1000;
  std::jthread sender([&] {
    const auto sink = open_sink(unix_address() + "?reconnect");
    for (std::uint64_t number = 0; number < kMessages; ++number) {
      EXPECT_EQ(sink->send(std::as_bytes(std::span(&number, 1))), Status::kOk);
      EXPECT_EQ(sink->flush(), Status::kOk);
      if (number % 10 == 0) std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(sink->close(), Status::kOk);
  });
  auto source = open_source(unix_address());
  std::uint64_t newest = 0;
  for (std::uint64_t lives = 1; source->receive(10s) == Status::kOk;) {
    std::memcpy(&newest, source->message().bytes.data(), sizeof newest);
    if (newest < 100 * lives || lives == 5) continue;
    ++lives;
    source.reset();
    source = open_source(unix_address());
  }
  EXPECT_EQ(newest, kMessages - 1);
}

}  // namespace
}  // namespace ringmain::testing
