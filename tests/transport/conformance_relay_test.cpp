// Into a ring and out of it: what composes with the ring composes with everything.
// SPDX-License-Identifier: MIT
#include "ringmain/transport/relay.hpp"

#include "transport/conformance.hpp"

namespace ringmain::testing {
namespace {

class Relays : public Conformance {
 protected:
  // Sends to `first`; a relay takes it from `second` to `third`; and so it arrives at `last`.
  void expect_relayed(transport::Sink& first, transport::Source& second, transport::Sink& third,
                      transport::Source& last) const {
    const Stream stream(3, 0, std::min<std::size_t>(GetParam().largest, 150'000));
    const std::uint64_t messages = scaled(5'000);
    const auto sender = aside([&] {
      for (std::uint64_t number = 0; number < messages; ++number) {
        EXPECT_EQ(first.send(stream.message(number, 0), type_of(number)), Status::kOk);
      }
      EXPECT_EQ(first.close(), Status::kOk);
    });
    const auto relay = aside([&] {
      transport::RelayCounters counters;
      EXPECT_EQ(transport::relay(second, third, counters), Status::kEnd);
      EXPECT_EQ(counters.messages, messages);
      EXPECT_EQ(counters.lost, 0U);
    });
    EXPECT_EQ(receive_all(last, stream, types()), messages);
  }

  TemporaryDirectory directory_{};
  std::string ring_ = "ring:between?dir=" + directory_.path().string();
  std::unique_ptr<transport::Sink> into_ = transport::open_sink(ring_ + "&capacity=8M");
  std::unique_ptr<transport::Source> out_of_ = transport::open_source(ring_);
};
INSTANTIATE_TEST_SUITE_P(, Relays, ::testing::ValuesIn(kCarriersUnderTest), kName);

TEST_P(Relays, from_it_into_a_ring) {
  const Link::Ends ends = link_.open();
  expect_relayed(*ends.sink, *ends.source, *into_, *out_of_);
}

TEST_P(Relays, out_of_a_ring_into_it) {
  const Link::Ends ends = link_.open();
  expect_relayed(*into_, *out_of_, *ends.sink, *ends.source);
}

}  // namespace
}  // namespace ringmain::testing
