// The typed layer: values cross, and nothing that isn't a T is ever taken for one.
// SPDX-License-Identifier: MIT
#include "ringmain/channel.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/temporary_directory.hpp"

namespace market {

struct Trade {
  std::uint64_t id = 0;
  double price = 1.5;
  std::uint32_t amount = 0;
};

struct Named {
  static constexpr std::string_view ringmain_type_name = "market.named";
  std::uint64_t value = 0;
};

struct Described {
  static constexpr std::string_view ringmain_type_name = "market.described";
  static constexpr std::string_view ringmain_schema = "value:u64";
  std::uint64_t value = 0;
};

template <class T>
struct Pair {
  T first{};
  T second{};
};

enum class Side : std::uint8_t { kBuy, kSell };

struct alignas(16) Wide {
  double number = 0;
};

struct Big {
  std::array<std::byte, 40000> bytes;
};

}  // namespace market

template <>
struct ringmain::TypeName<market::Pair<double>> {
  static constexpr std::string_view kName = "pair of doubles";
};

namespace ringmain {
namespace {

using market::Trade;
using std::chrono::milliseconds;

template <class Action>
Status status_of(Action&& action) {
  try {
    action();
    return Status::kOk;
  } catch (const Error& error) {
    return error.status();
  }
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

class ChannelTest : public ::testing::Test {
 protected:
  RingOptions ring(std::size_t capacity = 64 << 10, Policy policy = Policy::kWait) const {
    return {.directory = directory_.path(), .capacity = capacity, .policy = policy};
  }
  ConsumerOptions reading(Start start = Start::latest()) const {
    return {.directory = directory_.path(), .start = start};
  }
  OpenOptions opening() const { return {.directory = directory_.path()}; }

  // A ring that claims to carry T, whose producer doesn't keep to it.
  template <class T>
  ringmain::Producer liar(Policy policy = Policy::kWait) const {
    RingOptions options = ring(64 << 10, policy);
    options.type = Channel<T>::identity();
    return ringmain::Producer::create("ring", options);
  }

  testing::TemporaryDirectory directory_;
};

// --- names and hashes

TEST(TypeIdentityTest, the_name_of_a_plain_type_is_its_qualified_name) {
  EXPECT_EQ(Channel<Trade>::kTypeName, "market::Trade");
  EXPECT_EQ(Channel<market::Side>::kTypeName, "market::Side");
}

TEST(TypeIdentityTest, arithmetic_types_are_named_by_what_they_are_not_by_how_a_compiler_spells_them) {
  EXPECT_EQ(Channel<unsigned long>::kTypeName, "uint64");
  EXPECT_EQ(Channel<unsigned long long>::kTypeName, "uint64");
  EXPECT_EQ(Channel<int>::kTypeName, "int32");
  EXPECT_EQ(Channel<float>::kTypeName, "float32");
  EXPECT_EQ(Channel<double>::kTypeName, "float64");
  EXPECT_EQ(Channel<bool>::kTypeName, "bool");
}

TEST(TypeIdentityTest, a_type_may_name_itself_and_a_trait_may_name_any) {
  EXPECT_EQ(Channel<market::Named>::kTypeName, "market.named");
  EXPECT_EQ(Channel<market::Pair<double>>::kTypeName, "pair of doubles");
}

TEST(TypeIdentityTest, names_that_compilers_spell_differently_are_told_apart) {
  EXPECT_TRUE(detail::portable(detail::spelling<Trade>()));
  EXPECT_FALSE(detail::portable(detail::spelling<market::Pair<int>>()));
  EXPECT_FALSE(detail::portable(detail::spelling<ChannelTest>()));  // in an unnamed namespace
}

// The number is part of the format: other languages compute it, too.
TEST(TypeIdentityTest, the_hash_is_fnv_1a_over_name_size_alignment_and_schema) {
  static_assert(Channel<Trade>::kTypeHash == 0x9da25045e7c3925f);              // market::Trade, 24, 8
  static_assert(Channel<market::Described>::kTypeHash == 0x7a907c670a2fa4b2);  // market.described, 8, 8, value:u64
  const std::uint64_t hash = type_hash("a", 8, 8, "b");
  EXPECT_NE(hash, type_hash("c", 8, 8, "b"));
  EXPECT_NE(hash, type_hash("a", 16, 8, "b"));
  EXPECT_NE(hash, type_hash("a", 8, 4, "b"));
  EXPECT_NE(hash, type_hash("a", 8, 8, "c"));
}

// --- values cross

TEST_F(ChannelTest, a_published_value_is_received) {
  auto producer = Channel<Trade>::create("ring", ring());
  auto consumer = Channel<Trade>::attach("ring", reading());
  ASSERT_EQ(producer.publish({.id = 7, .price = 2.5, .amount = 3}, 9), Status::kOk);
  const auto trade = consumer.receive();
  ASSERT_TRUE(trade);
  EXPECT_EQ(trade.status(), Status::kOk);
  EXPECT_EQ(trade->id, 7U);
  EXPECT_EQ((*trade).price, 2.5);
  EXPECT_EQ(trade->amount, 3U);
  EXPECT_EQ(trade.type(), 9);
  EXPECT_EQ(trade.position(), 0U);
  EXPECT_EQ(trade.lost(), 0U);
  EXPECT_FALSE(trade.redelivered());
  EXPECT_TRUE(trade.still_valid());
}

TEST_F(ChannelTest, a_claim_is_default_initialised_and_published_by_commit_alone) {
  auto producer = Channel<Trade>::create("ring", ring());
  auto consumer = Channel<Trade>::attach("ring", reading());
  {
    auto claim = producer.claim();
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->price, 1.5);
    claim->id = 1;
  }  // aborted
  auto dropped = producer.try_claim();
  ASSERT_TRUE(dropped);
  dropped.abort();
  EXPECT_FALSE(dropped);
  EXPECT_EQ(consumer.try_receive().status(), Status::kEmpty);

  auto claim = producer.claim_for(milliseconds(1));
  ASSERT_TRUE(claim);
  *claim = Trade{.id = 2};
  claim.commit(4);
  EXPECT_FALSE(claim);
  const auto trade = consumer.try_receive();
  ASSERT_TRUE(trade);
  EXPECT_EQ(trade->id, 2U);
  EXPECT_EQ(trade.type(), 4);
}

TEST_F(ChannelTest, a_copying_read_fills_the_value) {
  auto producer = Channel<Trade>::create("ring", ring());
  auto consumer = Channel<Trade>::attach("ring", reading());
  Trade trade;
  EXPECT_EQ(consumer.try_read(trade).status, Status::kEmpty);
  ASSERT_EQ(producer.publish({.id = 7}, 3), Status::kOk);
  const Copy copy = consumer.read(trade);
  EXPECT_TRUE(copy);
  EXPECT_EQ(copy.bytes, sizeof(Trade));
  EXPECT_EQ(copy.type, 3);
  EXPECT_EQ(trade.id, 7U);
}

TEST_F(ChannelTest, poll_hands_over_values_up_to_the_limit) {
  auto producer = Channel<int>::create("ring", ring());
  auto consumer = Channel<int>::attach("ring", reading());
  for (const int value : {1, 2, 3}) ASSERT_EQ(producer.publish(value), Status::kOk);
  std::vector<int> seen;
  Poll poll = consumer.poll([&](const int& value) { seen.push_back(value); }, 2);
  EXPECT_EQ(poll.messages, 2U);
  EXPECT_EQ(poll.status, Status::kOk);
  poll = consumer.poll(
      [&](const Channel<int>::Message& message) {
        EXPECT_EQ(message.position(), 128U);
        seen.push_back(*message);
      },
      2);
  EXPECT_EQ(poll.messages, 1U);
  EXPECT_EQ(poll.status, Status::kEmpty);
  EXPECT_EQ(seen, (std::vector<int>{1, 2, 3}));
}

TEST_F(ChannelTest, waiting_ends_at_the_deadline) {
  auto producer = Channel<int>::create("ring", ring());
  auto consumer = Channel<int>::attach("ring", reading());
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(consumer.receive_for(milliseconds(5)).status(), Status::kTimedOut);
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(50);
  EXPECT_EQ(consumer.receive_until(deadline).status(), Status::kTimedOut);
  EXPECT_GE(std::chrono::steady_clock::now(), deadline);
  int value = 0;
  EXPECT_EQ(consumer.read_for(value, milliseconds(5)).status, Status::kTimedOut);
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(60));
}

TEST_F(ChannelTest, back_pressure_reaches_the_typed_producer) {
  auto producer = Channel<int>::create("ring", ring());
  auto consumer = Channel<int>::attach("ring", reading());
  int published = 0;
  while (producer.try_publish(published) == Status::kOk) ++published;
  EXPECT_EQ(published, 1023);  // slots of a ring of 64 KiB, without the one that is always free
  EXPECT_EQ(producer.try_publish(0), Status::kNoRoom);
  EXPECT_EQ(producer.try_claim().status(), Status::kNoRoom);
  EXPECT_EQ(producer.publish_for(0, milliseconds(1)), Status::kTimedOut);
  EXPECT_EQ(producer.claim_for(milliseconds(1)).status(), Status::kTimedOut);
  EXPECT_EQ(*consumer.receive(), 0);
  EXPECT_EQ(producer.try_publish(published), Status::kOk);
}

TEST_F(ChannelTest, the_stream_ends_with_close_and_goes_on_with_the_next_producer) {
  auto first = Channel<int>::create("ring", ring());
  auto consumer = Channel<int>::attach("ring", reading());
  EXPECT_EQ(first.wait_for_consumers(1, milliseconds(100)), Status::kOk);
  ASSERT_EQ(first.publish(1), Status::kOk);
  first.close();
  EXPECT_EQ(first.publish(2), Status::kEnd);
  EXPECT_EQ(*consumer.receive(), 1);
  EXPECT_EQ(consumer.receive().status(), Status::kEnd);
  { const auto gone = std::move(first); }
  auto second = Channel<int>::open("ring", opening());
  ASSERT_EQ(second.publish(3), Status::kOk);
  EXPECT_EQ(*consumer.receive(), 3);
}

TEST_F(ChannelTest, an_overtaken_consumer_knows_what_it_missed) {
  auto producer = Channel<std::uint64_t>::create("ring", ring(64 << 10, Policy::kOverwrite));
  auto consumer = Channel<std::uint64_t>::attach("ring", reading());
  for (std::uint64_t i = 0; i < 10; ++i) ASSERT_EQ(producer.publish(i), Status::kOk);
  const auto first = consumer.receive();
  ASSERT_TRUE(first && first.still_valid());
  for (std::uint64_t i = 10; i < 5000; ++i) ASSERT_EQ(producer.publish(i), Status::kOk);
  EXPECT_FALSE(first.still_valid());
}

TEST_F(ChannelTest, the_lost_are_counted_exactly) {
  auto producer = Channel<std::uint64_t>::create("ring", ring(64 << 10, Policy::kOverwrite));
  auto consumer = Channel<std::uint64_t>::attach("ring", reading());
  for (std::uint64_t i = 0; i < 5000; ++i) ASSERT_EQ(producer.publish(i), Status::kOk);
  const auto message = consumer.receive();
  ASSERT_TRUE(message);
  EXPECT_GT(message.lost(), 0U);
  EXPECT_EQ(*message, message.lost());
  EXPECT_EQ(consumer.untyped().lost(), message.lost());
}

TEST_F(ChannelTest, an_unnamed_ring_is_typed_too) {
  auto producer = Channel<int>::create_unnamed(ring());
  auto consumer = Channel<int>::attach(producer.untyped().descriptors());
  ASSERT_EQ(producer.publish(5), Status::kOk);
  EXPECT_EQ(*consumer.receive(), 5);
  EXPECT_EQ(status_of([&] { Channel<Trade>::attach(producer.untyped().descriptors()); }), Status::kTypeMismatch);
}

TEST_F(ChannelTest, a_type_aligned_to_16_bytes_is_aligned_in_the_ring) {
  auto producer = Channel<market::Wide>::create("ring", ring());
  for (int i = 0; i < 5; ++i) {
    auto claim = producer.claim();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&*claim) % 16, 0U);
    claim.commit();
  }
}

// --- what isn't a T

TEST_F(ChannelTest, another_type_is_refused) {
  auto producer = Channel<market::Named>::create("ring", ring());
  EXPECT_EQ(status_of([&] { Channel<market::Described>::attach("ring", reading()); }), Status::kTypeMismatch);
  EXPECT_EQ(status_of([&] { Channel<Trade>::attach("ring", reading()); }), Status::kTypeMismatch);
  EXPECT_EQ(status_of([&] { Channel<market::Named>::attach("ring", reading()); }), Status::kOk);
}

TEST_F(ChannelTest, name_size_and_hash_must_each_agree) {
  auto producer = Channel<market::Named>::create("ring", ring());
  const TypeIdentity same = Channel<market::Named>::identity();
  const auto attach_as = [&](const TypeIdentity& type) {
    ConsumerOptions options = reading();
    options.type = type;
    return status_of([&] { ringmain::Consumer::attach("ring", options); });
  };
  EXPECT_EQ(attach_as(same), Status::kOk);
  EXPECT_EQ(attach_as({"market.other", same.size, same.hash}), Status::kTypeMismatch);
  EXPECT_EQ(attach_as({same.name, same.size + 8, same.hash}), Status::kTypeMismatch);
  EXPECT_EQ(attach_as({same.name, same.size, same.hash + 1}), Status::kTypeMismatch);
}

TEST_F(ChannelTest, a_typed_end_does_not_attach_to_an_untyped_ring) {
  auto producer = ringmain::Producer::create("ring", ring());
  EXPECT_EQ(status_of([&] { Channel<int>::attach("ring", reading()); }), Status::kTypeMismatch);
}

TEST_F(ChannelTest, an_untyped_end_attaches_to_a_typed_ring) {
  auto producer = Channel<int>::create("ring", ring());
  auto consumer = ringmain::Consumer::attach("ring", reading());
  ASSERT_EQ(producer.publish(1), Status::kOk);
  EXPECT_EQ(consumer.receive().bytes().size(), sizeof(int));
}

TEST_F(ChannelTest, a_producer_of_another_type_does_not_take_over) {
  { auto producer = Channel<int>::create("ring", ring()); }
  EXPECT_EQ(status_of([&] { Channel<float>::open("ring", opening()); }), Status::kTypeMismatch);
  EXPECT_EQ(status_of([&] { Channel<int>::open("ring", opening()); }), Status::kOk);
}

TEST_F(ChannelTest, a_refusal_names_both_types) {
  auto producer = Channel<market::Named>::create("ring", ring());
  try {
    Channel<market::Described>::attach("ring", reading());
    FAIL() << "attached to a ring of another type";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("market.named"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("market.described"), std::string::npos) << error.what();
  }
}

TEST_F(ChannelTest, a_message_of_another_size_is_skipped_and_never_read_as_a_value) {
  auto producer = liar<std::uint64_t>();
  auto consumer = Channel<std::uint64_t>::attach("ring", reading());
  const std::uint64_t value = 77;
  const std::array<std::string_view, 3> foreign{"short", "as long as it gets and longer", ""};
  for (const std::string_view text : foreign) ASSERT_EQ(producer.publish(bytes_of(text)), Status::kOk);
  ASSERT_EQ(producer.publish(std::as_bytes(std::span(&value, 1))), Status::kOk);
  for (std::size_t i = 0; i < foreign.size(); ++i) {
    const auto message = consumer.receive();
    EXPECT_FALSE(message);
    EXPECT_EQ(message.status(), Status::kCorrupt);
  }
  EXPECT_EQ(*consumer.receive(), 77U);
}

TEST_F(ChannelTest, a_copying_read_skips_a_message_of_another_size_too) {
  auto producer = liar<std::uint64_t>();
  auto consumer = Channel<std::uint64_t>::attach("ring", reading());
  const std::uint64_t sent = 77;
  ASSERT_EQ(producer.publish(bytes_of("short")), Status::kOk);
  ASSERT_EQ(producer.publish(bytes_of("much too long")), Status::kOk);
  ASSERT_EQ(producer.publish(std::as_bytes(std::span(&sent, 1))), Status::kOk);
  std::uint64_t value = 0;
  EXPECT_EQ(consumer.read(value).status, Status::kCorrupt);
  EXPECT_EQ(consumer.try_read(value).status, Status::kCorrupt);
  EXPECT_TRUE(consumer.try_read(value));
  EXPECT_EQ(value, 77U);
}

TEST_F(ChannelTest, poll_stops_at_a_message_of_another_size) {
  auto producer = liar<std::uint64_t>();
  auto consumer = Channel<std::uint64_t>::attach("ring", reading());
  ASSERT_EQ(producer.publish(bytes_of("short")), Status::kOk);
  const Poll poll = consumer.poll([](const std::uint64_t&) { FAIL(); }, 5);
  EXPECT_EQ(poll.messages, 0U);
  EXPECT_EQ(poll.status, Status::kCorrupt);
}

TEST_F(ChannelTest, a_ring_too_small_for_one_value_is_refused_and_the_capacity_named) {
  try {
    Channel<market::Big>::create("ring", ring(64 << 10));
    FAIL() << "created a ring that holds no value";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kTooLarge);
    EXPECT_NE(std::string(error.what()).find("131072"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace ringmain
