// What happens in between: ends that come twice, go early, or are looked at by strangers.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include "clock.hpp"
#include "descriptor.hpp"
#include "ringmain/transport/relay.hpp"
#include "sockets.hpp"
#include "support/child.hpp"
#include "transport/link.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using transport::open_sink;
using transport::open_source;
using Bytes = std::vector<std::byte>;

class PromisesTest : public ::testing::Test {
 protected:
  std::string directory() const { return directory_.path(); }
  std::string unix_address(const std::string& options = {}) const { return "unix:" + directory() + "/s" + options; }
  std::string ring_address(const std::string& options = {}) const { return "ring:r?dir=" + directory() + options; }
  static std::string port() { return std::to_string(free_port()); }

  template <class Work>
  static Status failure_of(const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.status();
    }
    return Status::kOk;
  }

  TemporaryDirectory directory_{};
  Watchdog watchdog_{50};
};

// --- sinks that reconnect

TEST_F(PromisesTest, a_claim_outlives_the_connection) {
  auto source = open_source(unix_address());
  const auto sink = open_sink(unix_address("?reconnect"));
  ASSERT_EQ(sink->send(Bytes(10, std::byte{1})), Status::kOk);
  std::byte* room = sink->claim(1000);
  ASSERT_NE(room, nullptr);
  ASSERT_EQ(source->receive(0ns), Status::kEmpty);
  source.reset();
  source = open_source(unix_address());
  for (int i = 0; i < 50 && source->receive(20ms) != Status::kOk; ++i) ASSERT_EQ(sink->flush(1s), Status::kOk);
  EXPECT_EQ(source->message().bytes.size(), 10U);
  std::memset(room, 2, 1000);
  sink->commit(1000);
  ASSERT_EQ(sink->flush(), Status::kOk);
  ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_EQ(Bytes(source->message().bytes.begin(), source->message().bytes.end()), Bytes(1000, std::byte{2}));
}

TEST_F(PromisesTest, without_a_receiver_it_waits_no_longer_than_it_may) {
  auto source = open_source(unix_address());
  const auto sink = open_sink(unix_address("?reconnect"));
  source.reset();
  Status status = Status::kOk;
  for (int i = 0; i < 100 && status == Status::kOk; ++i) {
    status = sink->send(Bytes(100'000), 0, 10ms);
    if (status == Status::kOk) status = sink->flush(10ms);
  }
  EXPECT_EQ(status, Status::kNoRoom);
  EXPECT_EQ(sink->send(Bytes(100'000), 0, 0ns), Status::kNoRoom);
  EXPECT_EQ(sink->close(10ms), Status::kNoRoom);
}

TEST_F(PromisesTest, what_was_written_in_part_is_written_whole_to_the_next_receiver) {
  auto source = open_source(unix_address());
  const auto sink = open_sink(unix_address("?reconnect"));
  ASSERT_EQ(source->receive(0ns), Status::kEmpty);
  std::uint64_t sent = 0;
  for (Status status = Status::kOk; status == Status::kOk; status = sink->flush(0ns)) {  // until no more fits
    for (int i = 0; i < 2; ++i, ++sent) {  // together they are more than the kernel takes at once
      Bytes message(30'000, static_cast<std::byte>(sent % 251));
      std::memcpy(message.data(), &sent, sizeof sent);
      ASSERT_EQ(sink->send(message, 0, 0ns), Status::kOk);
    }
  }
  source.reset();
  source = open_source(unix_address());
  const std::jthread closing([&] { EXPECT_EQ(sink->close(20s), Status::kOk); });
  std::uint64_t newest = 0;
  int received = 0;
  for (; source->receive(10s) == Status::kOk; ++received) {
    const auto bytes = source->message().bytes;
    ASSERT_EQ(bytes.size(), 30'000U);
    std::memcpy(&newest, bytes.data(), sizeof newest);
    ASSERT_EQ(bytes.back(), static_cast<std::byte>(newest % 251));
  }
  EXPECT_GT(received, 0);
  EXPECT_EQ(newest + 1, sent);
}

// --- the end is confirmed by who has received it

TEST_F(PromisesTest, a_receiver_that_dies_with_everything_in_its_hands_confirms_nothing) {
  for (const std::string& address : {unix_address(), "tcp:127.0.0.1:" + port()}) {
    auto source = open_source(address);
    const auto sink = open_sink(address);
    ASSERT_EQ(source->receive(0ns), Status::kEmpty);
    ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
    ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
    ASSERT_EQ(sink->close(0ns), Status::kNoRoom);
    ASSERT_EQ(source->receive(10s), Status::kOk);  // all the rest was read with it
    source.reset();
    EXPECT_EQ(failure_of([&] { static_cast<void>(sink->close(10s)); }), Status::kConsumerLost) << address;
  }
}

TEST_F(PromisesTest, nothing_is_confirmed_by_the_dead) {
  for (const std::string& address : {unix_address(), "tcp:127.0.0.1:" + port(), unix_address("?seqpacket")}) {
    auto source = open_source(address);
    const auto sink = open_sink(address);
    ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
    ASSERT_EQ(sink->flush(), Status::kOk);
    ASSERT_EQ(source->receive(10s), Status::kOk);
    source.reset();
    const auto send_and_close = [&] {
      static_cast<void>(sink->send(Bytes(10)));
      static_cast<void>(sink->close(10s));
    };
    EXPECT_EQ(failure_of(send_and_close), Status::kConsumerLost) << address;
  }
}

TEST_F(PromisesTest, a_sink_that_has_nothing_to_send_notices_a_death) {
  for (const std::string& address : {unix_address(), "tcp:127.0.0.1:" + port(), "uring+" + unix_address()}) {
    auto source = open_source(address);
    const auto sink = open_sink(address);
    ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
    ASSERT_EQ(sink->flush(), Status::kOk);
    ASSERT_EQ(source->receive(10s), Status::kOk);
    for (int i = 0; i < 5; ++i) {
      ASSERT_EQ(sink->flush(), Status::kOk) << "it lives";
      std::this_thread::sleep_for(30ms);
    }
    source.reset();
    const auto idle = [&] {
      for (int i = 0; i < 1000; ++i) {
        static_cast<void>(sink->flush());
        std::this_thread::sleep_for(10ms);
      }
    };
    EXPECT_EQ(failure_of(idle), Status::kConsumerLost) << address;
  }
}

TEST_F(PromisesTest, a_queue_isnt_ended_by_a_receiver_that_died) {
  const std::string queue = "mq:" + directory_.path().filename().string();
  for (const std::string& address : {queue, "spsc:q?dir=" + directory()}) {
    auto source = open_source(address);
    const auto sink = open_sink(address);
    ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
    ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
    ASSERT_EQ(source->receive(10s), Status::kOk);
    ASSERT_EQ(sink->close(0ns), Status::kNoRoom);
    source.reset();
    EXPECT_EQ(failure_of([&] { static_cast<void>(sink->close(5s)); }), Status::kConsumerLost) << address;
  }
}

// --- queues: one sender in the life of a stream, one receiver in the life of a name

TEST_F(PromisesTest, a_second_sender_doesnt_go_on_where_the_first_one_died) {
  const std::string queue = "mq:" + directory_.path().filename().string();
  for (const std::string& address : {queue, "spsc:q?dir=" + directory()}) {
    const auto source = open_source(address);
    for (int life = 0; life < 2; ++life) {
      const auto sink = open_sink(address);
      ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
      ASSERT_EQ(sink->flush(), Status::kOk);
    }
    EXPECT_EQ(source->receive(10s), Status::kOk);
    EXPECT_EQ(failure_of([&] { static_cast<void>(source->receive(10s)); }), Status::kProducerLost) << address;
  }
}

TEST_F(PromisesTest, a_receiver_clears_away_only_what_is_its_own) {
  const std::string file = directory() + "/q.spsc";
  const std::string address = "spsc:q?dir=" + directory();
  auto first = open_source(address);
  std::filesystem::remove(file);
  const auto second = open_source(address);
  first.reset();
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_EQ(failure_of([&] { open_sink(address); }), Status::kOk);
}

// --- strangers

TEST_F(PromisesTest, a_second_start_doesnt_harm_the_first_one) {
  for (const std::string& address : {unix_address(), unix_address("?seqpacket")}) {
    const auto source = open_source(address);
    EXPECT_EQ(failure_of([&] { open_source(address); }), Status::kAddressInUse);
    EXPECT_EQ(source->receive(10ms), Status::kTimedOut) << address;
    const auto sink = open_sink(address);
    ASSERT_EQ(sink->send(Bytes(7)), Status::kOk);
    ASSERT_EQ(sink->flush(), Status::kOk);
    EXPECT_EQ(source->receive(10s), Status::kOk) << address;
  }
}

// What a sender says first, taken off one.
Bytes hello_of_a_sender(const std::string& path) {
  const auto place = transport::unix_place(path, SOCK_STREAM, path);
  const Descriptor listening = place->listen();
  const auto sink = open_sink("unix:" + path);
  const Descriptor connected = transport::accept_from(listening.get(), Deadline(10s), path);
  Bytes hello(32);
  EXPECT_EQ(::recv(connected.get(), hello.data(), hello.size(), MSG_WAITALL), 32);
  place->forget();
  return hello;
}

TEST_F(PromisesTest, a_hello_that_comes_in_pieces) {
  const Bytes hello = hello_of_a_sender(directory() + "/h");
  const auto source = open_source(unix_address());
  const auto place = transport::unix_place(directory() + "/s", SOCK_STREAM, "test");
  const Descriptor sender = transport::connect_to(*place, Deadline(10s));
  for (const std::byte byte : hello) {
    ASSERT_EQ(::send(sender.get(), &byte, 1, 0), 1);
    ASSERT_EQ(source->receive(0ns), Status::kEmpty);
  }
  const std::array<char, 11> message{3, 0, 0, 0, 0, 0, 9, 0, 'a', 'b', 'c'};
  for (const char byte : message) {
    ASSERT_NE(source->receive(0ns), Status::kOk);
    ASSERT_EQ(::send(sender.get(), &byte, 1, 0), 1);
  }
  ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_EQ(source->message().bytes.size(), 3U);
  EXPECT_EQ(source->message().type, 9);
}

TEST_F(PromisesTest, a_stranger_who_says_nothing_keeps_nobody_out) {
  const auto source = open_source(unix_address());
  const auto place = transport::unix_place(directory() + "/s", SOCK_STREAM, "test");
  const Descriptor silent = transport::connect_to(*place, Deadline(10s));
  ASSERT_EQ(source->receive(0ns), Status::kEmpty);
  const auto sink = open_sink(unix_address());
  ASSERT_EQ(sink->send(Bytes(7)), Status::kOk);
  ASSERT_EQ(sink->flush(), Status::kOk);
  EXPECT_EQ(source->receive(30s), Status::kOk);
}

TEST_F(PromisesTest, what_was_lost_stays_lost) {
  const auto source = open_source(unix_address());
  auto sink = open_sink(unix_address());
  ASSERT_EQ(source->receive(10ms), Status::kTimedOut);
  sink.reset();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(failure_of([&] { static_cast<void>(source->receive(10s)); }), Status::kProducerLost);
  }
}

TEST_F(PromisesTest, every_interface_is_every_interface) {
  const std::string number = port();
  for (const char* host : {"127.0.0.1", "[::1]"}) {
    const auto source = open_source("tcp:*:" + number);
    std::optional<Status> failure;
    try {
      open_sink("tcp:" + std::string(host) + ":" + number + "?wait=0");
    } catch (const Error& error) {
      if (error.system_error() == EADDRNOTAVAIL) continue;  // a machine without IPv6
      failure = error.status();
    }
    EXPECT_FALSE(failure) << host;
  }
}

// --- relays

TEST_F(PromisesTest, a_member_that_was_told_of_a_death_sends_nothing_of_its_own) {
  auto producer = open_sink(ring_address());
  const auto source = open_source(ring_address("&group=g"));
  producer.reset();
  const auto sink = open_sink("ring:out?dir=" + directory());
  const auto consumer = open_source("ring:out?dir=" + directory());
  EXPECT_EQ(failure_of([&] { static_cast<void>(source->receive_into(*sink, 10s)); }), Status::kProducerLost);
  producer = open_sink(ring_address());
  ASSERT_EQ(producer->send(Bytes(5), 3), Status::kOk);
  ASSERT_EQ(producer->close(), Status::kOk);
  transport::RelayCounters counters;
  EXPECT_EQ(transport::relay(*source, *sink, counters), Status::kEnd);
  EXPECT_EQ(counters.messages, 1U);
  ASSERT_EQ(consumer->receive(10s), Status::kOk);
  EXPECT_EQ(consumer->message().bytes.size(), 5U);
}

// A message that was taken off a queue when the sink had no room isn't lost by stopping.
TEST_F(PromisesTest, a_stopped_relay_keeps_no_message) {
  const std::string queue = "spsc:q?dir=" + directory();
  const auto source = open_source(queue);
  const auto feeding = open_sink(queue);
  const auto sink = open_sink(ring_address("&capacity=64K"));
  const auto consumer = open_source(ring_address());
  for (int i = 0; i < 4; ++i) ASSERT_EQ(feeding->send(Bytes(30'000)), Status::kOk);
  std::atomic<bool> stop{false};
  transport::RelayOptions options;
  options.stop = &stop;
  transport::RelayCounters counters;
  std::jthread relay([&] { transport::relay(*source, *sink, counters, options); });
  std::this_thread::sleep_for(200ms);  // the ring is full, and the next message is in its hands
  stop = true;
  int received = 0;
  while (consumer->receive(10s) == Status::kOk) ++received;
  relay.join();
  EXPECT_EQ(static_cast<std::uint64_t>(received), counters.messages);
  int left = 0;
  while (source->receive(10ms) == Status::kOk) ++left;
  EXPECT_EQ(received + left, 4);
}

TEST_F(PromisesTest, a_large_message_that_comes_slowly_is_waited_for) {
  const auto source = open_source(unix_address());
  const auto sink = open_sink(ring_address());
  const auto consumer = open_source(ring_address());
  const auto slow = transport::unix_place(directory() + "/s", SOCK_STREAM, "test");
  const Bytes hello = hello_of_a_sender(directory() + "/h");
  std::jthread sender([&] {
    const Descriptor connected = transport::connect_to(*slow, Deadline(10s));
    Bytes all = hello;
    const std::array<unsigned char, 8> word{0xa0, 0x86, 0x01, 0, 0, 0, 0, 0};  // 100,000
    for (const unsigned char byte : word) all.push_back(static_cast<std::byte>(byte));
    all.resize(all.size() + 100'000, std::byte{7});
    for (std::size_t at = 0; at < all.size(); at += 10'000) {
      const std::size_t bytes = std::min<std::size_t>(10'000, all.size() - at);
      EXPECT_EQ(::send(connected.get(), all.data() + at, bytes, 0), static_cast<ssize_t>(bytes));
      std::this_thread::sleep_for(5ms);
    }
  });
  ASSERT_EQ(source->receive_into(*sink, kForever), Status::kOk);
  ASSERT_EQ(consumer->receive(10s), Status::kOk);
  EXPECT_EQ(consumer->message().bytes.size(), 100'000U);
  EXPECT_EQ(consumer->message().bytes.back(), std::byte{7});
}

}  // namespace
}  // namespace ringmain::testing
