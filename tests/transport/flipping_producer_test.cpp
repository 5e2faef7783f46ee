// A producer that changes its messages after it has committed them, and a relay that passes them on: what it sends is nonsense
// maybe, but as long as it was when it was received, and from within the ring.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "hostile/garbage.hpp"
#include "hostile/raw_ring.hpp"
#include "ringmain/transport/ring.hpp"
#include "support/child.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

class FlippingProducerTest : public HostileTest, public ::testing::WithParamInterface<const char*> {
 protected:
  // Publishes, and flips what was published, until it is killed.
  void publish_and_flip(Producer& producer) const {
    const RawFile file(ring_path() / "ring");
    const std::uint64_t lengths[] = {0, 1, 4096, max_message_bytes(kCapacity), kCapacity, algorithm::kLengthMask};
    std::uint64_t lot = 1;
    for (;;) {
      const std::uint64_t at = producer.position();
      (void)producer.try_publish(std::vector<std::byte>(mix(lot) % 3000));
      std::byte* header = file.bytes().data() + kSlotsOffset + (at & (kCapacity - 64));
      const std::uint64_t honest = file.at<std::uint64_t>(static_cast<std::size_t>(header - file.bytes().data()) + 8);
      for (int i = 0; i < 100; ++i) {
        scribble(header + 8, lengths[mix(lot) % std::size(lengths)] | mix(lot) << algorithm::kTypeShift);
        if (mix(lot) % 8 == 0) scribble(header, mix(lot) % 2 == 0 ? 0 : at + 1);
      }
      scribble(header + 8, honest);
      scribble(header, at + 1);
    }
  }

  std::unique_ptr<transport::Source> open_source() const {
    const std::string_view kind = GetParam();
    if (kind == "spectator") return transport::ring_source(Consumer::attach("ring", watching()), "ring");
    if (kind == "member") return transport::ring_source(Consumer::attach("ring", joining("group")), "ring", true);
    return transport::ring_source(Consumer::attach("ring", attaching()), "ring");
  }

  const Shared<std::atomic<std::uint64_t>> relayed_;
  const Shared<std::atomic<std::uint64_t>> refused_;
};

TEST_P(FlippingProducerTest, does_not_make_a_relay_read_or_write_elsewhere) {
  const std::string_view kind = GetParam();
  const bool overwrites = kind == "overtaken" || kind == "spectator";
  const int visits = proof_scaled(scaled(2000), scaled(20'000));
  Child attacker([&] {
    auto producer = Producer::create("ring", making(overwrites ? Policy::kOverwrite : Policy::kWait));
    publish_and_flip(producer);
  });
  Child relay([&] {
    ::alarm(110);
    const auto sink = transport::ring_sink(Producer::create("copy", making(Policy::kOverwrite)), "copy");
    auto reader = Consumer::attach("copy", attaching());
    wait_until([&] { return std::filesystem::exists(ring_path()); });
    // Each visit is short: a length that was flipped in time may have led the consumer where no message ever begins.
    for (int visit = 0; visit < visits; ++visit) {
      try {
        const auto source = open_source();
        for (int i = 0; i < 50; ++i) {
          if (source->receive_into(*sink, 100us) != Status::kOk) continue;
          const Message copy = reader.try_receive();
          require(static_cast<bool>(copy) && copy.type() == source->message().type, "not what was received");
          require(copy.bytes().size() == source->message().bytes.size(), "of another length");
          require(copy.bytes().size() <= max_message_bytes(kCapacity), "longer than any message");
          ++*relayed_;
        }
      } catch (const Error&) {
        ++*refused_;
      }
    }
  });
  EXPECT_EQ(relay.wait(), 0);
  attacker.kill();
  EXPECT_GT(*relayed_, 0U);
  std::printf(
      "PROOF flipped relay-%s: %lu messages relayed while they were flipped, %lu times corrupt, 0 out of bounds\n",
      GetParam(), static_cast<unsigned long>(relayed_->load()), static_cast<unsigned long>(refused_->load()));
}

INSTANTIATE_TEST_SUITE_P(Kinds, FlippingProducerTest, ::testing::Values("alone", "overtaken", "member", "spectator"),
                         [](const auto& kind) { return std::string(kind.param); });

}  // namespace
}  // namespace ringmain::testing
