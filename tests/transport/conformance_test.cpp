// What every carrier promises of its messages, asked of each.
// SPDX-License-Identifier: MIT
#include <poll.h>

#include <cstring>

#include "transport/conformance.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

constexpr auto kNow = 0ns;
constexpr auto kSoon = 20ms;

class ConformanceTest : public Conformance {};
INSTANTIATE_TEST_SUITE_P(, ConformanceTest, ::testing::ValuesIn(kCarriersUnderTest), kName);

class WithALargestMessage : public Conformance {};
INSTANTIATE_TEST_SUITE_P(, WithALargestMessage,
                         ::testing::ValuesIn(carriers_that([](const auto& carrier) { return carrier.bounded; })),
                         kName);

TEST_P(ConformanceTest, messages_come_in_order_whole_and_with_their_types) {
  const Stream stream(1, 0, std::min<std::size_t>(GetParam().largest, 100'000));
  const std::uint64_t messages = scaled(20'000);
  Link::Ends ends = link_.open();
  const auto sender = aside([&] {
    for (std::uint64_t number = 0; number < messages; ++number) {
      const Bytes message = stream.message(number, 0);
      EXPECT_EQ(ends.sink->send(message, type_of(number)), Status::kOk);
      if (number % 7 == 0) {
        EXPECT_EQ(ends.sink->flush(), Status::kOk);
      }
    }
    EXPECT_EQ(ends.sink->close(), Status::kOk);
  });
  EXPECT_EQ(receive_all(*ends.source, stream, types()), messages);
  EXPECT_EQ(ends.source->receive(kNow), Status::kEnd) << "and so it stays";
}

TEST_P(ConformanceTest, boundaries_of_every_size) {
  std::vector<std::size_t> sizes{0, 1, 7, 8, 9, 48, 63, 64, 65, 4095, 4096, 4097, 32767, 32768, 65536, 262144, 262145};
  std::erase_if(sizes, [&](std::size_t size) { return size > GetParam().largest; });
  sizes.push_back(GetParam().largest);
  sizes.push_back(0);
  Link::Ends ends = link_.open();
  const auto sender = aside([&] {
    for (const std::size_t size : sizes) {
      EXPECT_EQ(ends.sink->send(Bytes(size, static_cast<std::byte>(size % 251))), Status::kOk);
    }
    EXPECT_EQ(ends.sink->close(), Status::kOk);
  });
  for (const std::size_t size : sizes) {
    ASSERT_EQ(ends.source->receive(10s), Status::kOk) << size;
    ASSERT_EQ(ends.source->message().bytes.size(), size);
    EXPECT_TRUE(std::all_of(ends.source->message().bytes.begin(), ends.source->message().bytes.end(),
                            [&](std::byte byte) { return byte == static_cast<std::byte>(size % 251); }));
  }
  EXPECT_EQ(ends.source->receive(10s), Status::kEnd);
}

TEST_P(WithALargestMessage, a_message_above_the_largest_is_refused_and_nothing_is_lost) {
  Link::Ends ends = link_.open();
  const std::size_t largest = ends.sink->max_message();
  ASSERT_GE(largest, GetParam().largest);
  const auto sender = aside([&] {
    try {
      static_cast<void>(ends.sink->send(Bytes(largest + 1)));
      ADD_FAILURE() << "it was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), Status::kTooLarge);
    }
    EXPECT_EQ(ends.sink->send(Bytes(largest)), Status::kOk);
    EXPECT_EQ(ends.sink->close(), Status::kOk);
  });
  EXPECT_EQ(ends.source->receive(10s), Status::kOk);
  EXPECT_EQ(ends.source->message().bytes.size(), largest);
  EXPECT_EQ(ends.source->receive(10s), Status::kEnd);
}

TEST_P(ConformanceTest, a_claim_is_written_in_place_may_shrink_and_may_be_given_back) {
  Link::Ends ends = link_.open();
  const auto claim = [&](std::byte content, std::size_t bytes) {
    std::byte* room = ends.sink->claim(bytes);
    EXPECT_NE(room, nullptr);
    std::memset(room, std::to_integer<int>(content), bytes);
  };
  const auto sender = aside([&] {
    claim(std::byte{1}, 1000);
    ends.sink->commit(1000, types() ? std::uint16_t{5} : std::uint16_t{0});
    claim(std::byte{2}, 2000);
    ends.sink->abort();
    claim(std::byte{3}, 3000);
    ends.sink->commit(30);
    claim(std::byte{4}, 100);
    ends.sink->commit(0);
    EXPECT_EQ(ends.sink->close(), Status::kOk);
  });
  const auto expect = [&](std::byte content, std::size_t bytes, std::uint16_t type) {
    ASSERT_EQ(ends.source->receive(10s), Status::kOk);
    EXPECT_EQ(Bytes(ends.source->message().bytes.begin(), ends.source->message().bytes.end()), Bytes(bytes, content));
    EXPECT_EQ(ends.source->message().type, type);
  };
  expect(std::byte{1}, 1000, types() ? 5 : 0);
  expect(std::byte{3}, 30, 0);
  expect(std::byte{4}, 0, 0);
  EXPECT_EQ(ends.source->receive(10s), Status::kEnd);
}

TEST_P(ConformanceTest, nothing_there_is_said_at_once_or_when_time_is_up) {
  Link::Ends ends = link_.open();
  EXPECT_EQ(ends.source->receive(kNow), Status::kEmpty);
  EXPECT_EQ(ends.source->receive(kSoon), Status::kTimedOut);
  EXPECT_EQ(ends.sink->send(Bytes(100)), Status::kOk);
  EXPECT_EQ(ends.sink->flush(), Status::kOk);
  EXPECT_EQ(ends.source->receive(10s), Status::kOk);
  EXPECT_EQ(ends.source->receive(kNow), Status::kEmpty);
}

TEST_P(ConformanceTest, a_flushed_message_arrives_without_a_next_one) {
  Link::Ends ends = link_.open();
  for (std::size_t i = 0; i < 100; ++i) {
    ASSERT_EQ(ends.sink->send(Bytes(i)), Status::kOk);
    ASSERT_EQ(ends.sink->flush(), Status::kOk);
    ASSERT_EQ(ends.source->receive(10s), Status::kOk);
    ASSERT_EQ(ends.source->message().bytes.size(), i);
    ends.source->release();
  }
}

TEST_P(ConformanceTest, an_event_loop_can_wait_for_it) {
  Link::Ends ends = link_.open();
  if (!GetParam().pollable) {
    EXPECT_THROW(ends.source->descriptor(), Error);
    return;
  }
  int waited = 0;
  const auto sender = aside([&] {
    for (std::size_t i = 0; i < 100; ++i) {
      std::this_thread::sleep_for(1ms);
      EXPECT_EQ(ends.sink->send(Bytes(i)), Status::kOk);
      EXPECT_EQ(ends.sink->flush(), Status::kOk);
    }
    EXPECT_EQ(ends.sink->close(), Status::kOk);
  });
  std::size_t received = 0;
  for (;;) {
    const Status status = ends.source->receive(kNow);
    if (status == Status::kEnd) break;
    if (status == Status::kOk) {
      ASSERT_EQ(ends.source->message().bytes.size(), received++);
    } else if (ends.source->arm()) {
      pollfd waiting{ends.source->descriptor(), POLLIN, 0};
      ASSERT_EQ(::poll(&waiting, 1, 10'000), 1) << "nothing woke it";
      ++waited;
    }
  }
  EXPECT_EQ(received, 100U);
  EXPECT_GT(waited, 10) << "it never had to wait";
  EXPECT_LT(waited, 1000) << "it is readable all the time";
}

// A sink that has no room has taken nothing: what it took arrives, once and in order.
TEST_P(ConformanceTest, back_pressure) {
  const std::size_t size = std::min<std::size_t>(GetParam().largest, 50'000);
  Link::Ends ends = link_.open();
  ASSERT_EQ(ends.source->receive(kNow), Status::kEmpty);  // who listens has accepted
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t refused = 0;
  const auto receive_one = [&](std::chrono::nanoseconds timeout) {
    const Status status = ends.source->receive(timeout);
    if (status != Status::kOk) return status;
    std::uint64_t number = 0;
    std::memcpy(&number, ends.source->message().bytes.data(), sizeof number);
    EXPECT_EQ(number, received);
    ++received;
    return status;
  };
  for (std::uint64_t attempt = 0; attempt < 5000 && refused < 50; ++attempt) {
    Bytes message(size);
    std::memcpy(message.data(), &sent, sizeof sent);
    const Status status = ends.sink->send(message, 0, attempt % 2 == 0 ? kNow : 1ms);
    if (status == Status::kOk) {
      ++sent;
    } else {
      ASSERT_EQ(status, Status::kNoRoom);
      ++refused;
      ends.sink->flush(kNow);
      for (int i = 0; i < 3; ++i) ASSERT_NE(receive_one(kNow), Status::kEnd);
    }
    ASSERT_FALSE(HasFailure());
  }
  if (GetParam().fills) {
    EXPECT_GT(refused, 0U) << "it never ran out of room";
  }
  const auto sender = aside([&] { EXPECT_EQ(ends.sink->close(), Status::kOk); });
  Status status = Status::kOk;
  while (status == Status::kOk) status = receive_one(10s);
  EXPECT_EQ(status, Status::kEnd);
  EXPECT_EQ(received, sent);
}

}  // namespace
}  // namespace ringmain::testing
