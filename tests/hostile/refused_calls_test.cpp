// Options and messages that a ring can't take.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "ringmain/channel.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

struct Trade {
  static constexpr std::string_view ringmain_type_name = "Trade";
  std::uint64_t price, amount;
};

class RefusedCallsTest : public HostileTest {
 protected:
  template <class Change>
  void expect_bad_making(const char* word, Change&& change) {
    RingOptions options = making();
    change(options);
    EXPECT_TRUE(refused([&] { (void)Producer::create("ring", options); }, Status::kBadOption, {word}));
    EXPECT_TRUE(refused([&] { (void)Producer::create_unnamed(options); }, Status::kBadOption, {word}));
    EXPECT_TRUE(entries().empty());
  }
  template <class Change>
  void expect_bad_attaching(const char* word, Change&& change, Policy policy = Policy::kWait) {
    auto producer = Producer::create("ring", making(policy));
    ConsumerOptions options = attaching();
    change(options);
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", options); }, Status::kBadOption, {word}));
    EXPECT_TRUE(statistics("ring", directory()).consumers.empty());
    ringmain::remove("ring", directory(), true);
  }
};

TEST_F(RefusedCallsTest, capacities_that_no_ring_has) {
  for (const std::size_t capacity :
       {std::size_t{0}, std::size_t{1}, std::size_t{4096}, kCapacity / 2, kCapacity - 1, kCapacity + 1, kCapacity * 3,
        algorithm::kMaxCapacity + 1, algorithm::kMaxCapacity * 2, std::numeric_limits<std::size_t>::max()}) {
    expect_bad_making("power of two from 64 KiB to 64 TiB", [&](RingOptions& options) { options.capacity = capacity; });
  }
}

TEST_F(RefusedCallsTest, modes_that_are_more_than_reading_and_writing) {
  for (const mode_t mode : {0700U, 0601U, 04600U, 01666U, 0170600U}) {
    expect_bad_making("mode", [&](RingOptions& options) { options.mode = mode; });
  }
}

TEST_F(RefusedCallsTest, rings_that_can_not_be) {
  expect_bad_making("evict_after", [](RingOptions& options) { options.evict_after = -1ns; });
  expect_bad_making("evict_after", [](RingOptions& options) {
    options.policy = Policy::kOverwrite;
    options.evict_after = 1s;
  });
  expect_bad_making("spin", [](RingOptions& options) { options.spin = -1ns; });
  expect_bad_making("type", [](RingOptions& options) { options.type.name.assign(kMaxNameBytes + 1, 'x'); });
}

TEST_F(RefusedCallsTest, a_policy_that_there_is_not) {
  expect_bad_making("policy", [](RingOptions& options) { options.policy = static_cast<Policy>(7); });
}

TEST_F(RefusedCallsTest, consumers_that_can_not_be) {
  expect_bad_attaching("durable", [](ConsumerOptions& options) { options.durable = true; });
  expect_bad_attaching("spectator", [](ConsumerOptions& options) {
    options.spectator = true;
    options.group = "group";
  });
  expect_bad_attaching("durable", [](ConsumerOptions& options) {
    options.spectator = true;
    options.durable = true;
  });
  expect_bad_attaching(
      "'group'", [](ConsumerOptions& options) { options.group = "group"; }, Policy::kOverwrite);
  expect_bad_attaching("spin", [](ConsumerOptions& options) { options.spin = -1ns; });
}

TEST_F(RefusedCallsTest, a_take_over_with_a_negative_duration) {
  { auto producer = Producer::create("ring", making()); }
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", {.directory = directory(), .spin = -1ns}); },
                      Status::kBadOption, {"spin"}));
}

TEST_F(RefusedCallsTest, a_named_ring_hands_on_no_descriptors) {
  auto producer = Producer::create("ring", making());
  EXPECT_TRUE(refused([&] { (void)producer.descriptors(); }, Status::kBadOption, {"'ring'", "attach by it"}));
}

TEST_F(RefusedCallsTest, the_wrong_type) {
  using Trades = Channel<Trade>;
  auto typed = Trades::create("trades", making());
  auto untyped = Producer::create("bytes", making());
  auto other = Channel<std::uint64_t>::create("numbers", making());
  const auto options = attaching();
  EXPECT_TRUE(refused([&] { (void)Channel<std::uint64_t>::attach("trades", options); }, Status::kTypeMismatch,
                      {"'trades'", "'Trade' of 16 bytes", "'uint64' of 8 bytes", "same definition"}));
  EXPECT_TRUE(
      refused([&] { (void)Trades::attach("bytes", options); }, Status::kTypeMismatch, {"'bytes'", "untyped bytes"}));
  EXPECT_TRUE(refused([&] { (void)Trades::attach("numbers", watching()); }, Status::kTypeMismatch, {"'numbers'"}));
  typed.close();
  EXPECT_TRUE(refused([&] { (void)Channel<float>::open("trades", opening()); }, Status::kTypeMismatch, {"'float32'"}));
  auto anything = Consumer::attach("trades", options);
}

// --- messages

class TooLargeTest : public HostileTest {
 protected:
  static constexpr std::size_t kLargest = max_message_bytes(kCapacity);
  const std::vector<std::byte> bytes_ = std::vector<std::byte>(kCapacity + 1, std::byte{7});
  std::span<const std::byte> of(std::size_t length) const { return {bytes_.data(), length}; }
};

TEST_F(TooLargeTest, a_message_is_refused_by_every_call_and_changes_nothing) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  for (const std::size_t length : {kLargest + 1, kCapacity / 2, kCapacity, kCapacity + 1}) {
    EXPECT_EQ(producer.publish(of(length)), Status::kTooLarge);
    EXPECT_EQ(producer.try_publish(of(length)), Status::kTooLarge);
    EXPECT_EQ(producer.publish_for(of(length), 1ms), Status::kTooLarge);
    const std::array<std::span<const std::byte>, 2> batch{of(8), of(length)};
    EXPECT_EQ(producer.publish_batch(batch), Status::kTooLarge);
  }
  for (const std::size_t length : {kLargest + 1, kCapacity, std::numeric_limits<std::size_t>::max(),
                                   std::numeric_limits<std::size_t>::max() - 79, std::size_t{1} << 48}) {
    EXPECT_EQ(producer.claim(length).status(), Status::kTooLarge);
    EXPECT_EQ(producer.try_claim(length).status(), Status::kTooLarge);
    EXPECT_EQ(producer.claim_for(length, 1ms).status(), Status::kTooLarge);
    EXPECT_GE(capacity_for(length) - 1, length);  // 0: there is none
  }
  EXPECT_EQ(producer.position(), 0U);
  EXPECT_EQ(consumer.try_receive().status(), Status::kEmpty);
  ASSERT_EQ(producer.publish(of(kLargest)), Status::kOk);
  EXPECT_EQ(consumer.try_receive().bytes().size(), kLargest);
}

TEST_F(TooLargeTest, a_batch_is_refused_as_a_whole) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  std::vector<std::span<const std::byte>> batch(kCapacity / 2 / 64, of(48));
  EXPECT_EQ(producer.publish_batch(batch), Status::kOk);
  EXPECT_EQ(consumer.poll([](const Message&) {}, 10000).messages, batch.size());
  batch.push_back(of(0));
  EXPECT_EQ(producer.publish_batch(batch), Status::kTooLarge);
  batch.assign(2, of(kLargest));
  EXPECT_EQ(producer.publish_batch(batch), Status::kTooLarge);
  EXPECT_EQ(consumer.try_receive().status(), Status::kEmpty);
}

TEST_F(TooLargeTest, what_is_committed_never_exceeds_the_claim) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  producer.claim(10).commit(std::numeric_limits<std::size_t>::max(), 0);
  EXPECT_EQ(consumer.try_receive().bytes().size(), 10U);
}

TEST_F(TooLargeTest, a_message_stays_when_the_buffer_is_too_small) {
  auto producer = Producer::create("ring", making());
  auto own = Consumer::attach("ring", attaching());
  auto member = Consumer::attach("ring", joining("group"));
  auto spectator = Consumer::attach("ring", watching());
  ASSERT_EQ(producer.publish(of(1000), 42), Status::kOk);
  for (Consumer* consumer : {&own, &member, &spectator}) {
    std::vector<std::byte> buffer(1000);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{999}}) {
      const Copy copy = consumer->try_read({buffer.data(), size});
      EXPECT_EQ(copy.status, Status::kTooLarge);
      EXPECT_EQ(copy.bytes, 1000U);
      EXPECT_EQ(buffer[0], std::byte{0});
      EXPECT_EQ(consumer->read_for({buffer.data(), size}, 1ms).status, Status::kTooLarge);
    }
    const Copy copy = consumer->read(buffer);
    EXPECT_EQ(copy.status, Status::kOk);
    EXPECT_EQ(copy.type, 42);
    EXPECT_EQ(buffer[999], std::byte{7});
    EXPECT_EQ(consumer->try_read(buffer).status, Status::kEmpty);
  }
}

// It stays for the group, too.
TEST_F(TooLargeTest, a_message_that_a_member_could_not_read_goes_to_another_when_it_leaves) {
  auto producer = Producer::create("ring", making());
  auto other = Consumer::attach("ring", joining("group"));
  ASSERT_EQ(producer.publish(of(1000)), Status::kOk);
  {
    auto member = Consumer::attach("ring", joining("group"));
    std::array<std::byte, 10> buffer{};
    ASSERT_EQ(member.try_read(buffer).status, Status::kTooLarge);
  }
  EXPECT_EQ(other.receive_for(1s).bytes().size(), 1000U);
}

}  // namespace
}  // namespace ringmain::testing
