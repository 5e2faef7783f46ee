// What every carrier promises when an end goes, or is killed.
// SPDX-License-Identifier: MIT
#include <csignal>

#include "transport/conformance.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::byte>;

class Deaths : public Conformance {};
INSTANTIATE_TEST_SUITE_P(, Deaths, ::testing::ValuesIn(kCarriersUnderTest), kName);

class WithAReceiver : public Conformance {};
INSTANTIATE_TEST_SUITE_P(, WithAReceiver,
                         ::testing::ValuesIn(carriers_that([](const auto& carrier) { return !carrier.keeps; })), kName);

TEST_P(Deaths, a_sender_that_goes_without_closing_is_told_of_after_its_last_message) {
  Link::Ends ends = link_.open();
  for (std::size_t i = 0; i < 5; ++i) ASSERT_EQ(ends.sink->send(Bytes(i)), Status::kOk);
  ASSERT_EQ(ends.sink->flush(), Status::kOk);
  if (!GetParam().sink_first) {
    ASSERT_EQ(ends.source->receive(10s), Status::kOk);
  }
  link_.drop_sink(ends);
  for (std::size_t i = GetParam().sink_first ? 0 : 1; i < 5; ++i) {
    ASSERT_EQ(ends.source->receive(10s), Status::kOk) << i;
    EXPECT_EQ(ends.source->message().bytes.size(), i);
  }
  if (!GetParam().tells_death) {
    EXPECT_EQ(ends.source->receive(10s), Status::kEnd);
    return;
  }
  try {
    static_cast<void>(ends.source->receive(10s));
    ADD_FAILURE() << "it looks like an end";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kProducerLost) << error.what();
  }
}

TEST_P(WithAReceiver, a_receiver_that_goes_is_told_of) {
  Link::Ends ends = link_.open();
  ASSERT_EQ(ends.sink->send(Bytes(100)), Status::kOk);
  ASSERT_EQ(ends.sink->flush(), Status::kOk);
  ASSERT_EQ(ends.source->receive(10s), Status::kOk);
  link_.drop_source(ends);
  try {
    for (int i = 0; i < 100'000; ++i) {
      static_cast<void>(ends.sink->send(Bytes(1000), 0, 1s));
      static_cast<void>(ends.sink->flush(1s));
    }
    ADD_FAILURE() << "it goes on";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kConsumerLost) << error.what();
  }
}

// kill -9 of the sender: whatever arrives is whole, in order, and from the beginning.
TEST_P(Deaths, a_sender_killed_anywhere_leaves_a_clean_prefix) {
  const Stream stream(2, 0, std::min<std::size_t>(GetParam().largest, 200'000));
  std::uint64_t received_in_all = 0;
  for (int round = 0; round < scaled(20); ++round) {
    Link link(GetParam());
    Child sender([&] {
      const auto sink = link.open_sink();
      for (std::uint64_t number = 0;; ++number) {
        static_cast<void>(sink->send(stream.message(number, 0), type_of(number)));
      }
    });
    const auto source = link.open_source();
    std::uint64_t number = 0;
    Status last = Status::kOk;
    try {
      for (;; ++number) {
        if (number == 50 + 20 * static_cast<std::uint64_t>(round)) sender.kill();
        const Status status = source->receive(10s);
        if (status != Status::kOk) {
          last = status;
          break;
        }
        ASSERT_TRUE(stream.is(number, 0, source->message().bytes)) << "message " << number;
      }
    } catch (const Error& error) {
      last = error.status();
    }
    if (GetParam().tells_death) {
      EXPECT_EQ(last, Status::kProducerLost);
    } else {
      EXPECT_TRUE(last == Status::kEnd || last == Status::kBadFrame) << describe(last);
    }
    EXPECT_GE(number, 50U);
    received_in_all += number;
    ASSERT_FALSE(HasFailure());
  }
  EXPECT_GT(received_in_all, 0U);
}

TEST_P(WithAReceiver, a_receiver_killed_anywhere_ends_the_sender) {
  for (int round = 0; round < scaled(10); ++round) {
    Link link(GetParam());
    Child receiver([&] {
      const auto source = link.open_source();
      for (int i = 0; i < 20 * round + 5; ++i) require(source->receive(10s) == Status::kOk, "receive");
      ::raise(SIGKILL);
    });
    const auto sink = link.open_sink();
    Status last = Status::kOk;
    try {
      for (;;) last = sink->send(Bytes(3000), 0, 10s);
    } catch (const Error& error) {
      last = error.status();
    }
    EXPECT_EQ(last, Status::kConsumerLost);
  }
}

}  // namespace
}  // namespace ringmain::testing
