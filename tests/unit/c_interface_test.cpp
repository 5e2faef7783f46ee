// The C interface, as a program of another language sees it: numbers, pointers, structs of any age, no exceptions.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "ringmain/channel.hpp"
#include "support/c_handles.hpp"

namespace ringmain::testing {
namespace {

using CInterfaceTest = RingInC;

// --- outcomes

TEST_F(CInterfaceTest, every_status_has_words_and_so_has_a_number_that_is_none) {
  EXPECT_STREQ(ringmain_describe(RINGMAIN_END), describe(Status::kEnd));
  EXPECT_STRNE(ringmain_describe(RINGMAIN_SYSTEM), ringmain_describe(12345));
  EXPECT_STREQ(ringmain_version(), RINGMAIN_VERSION);
}

TEST_F(CInterfaceTest, a_failure_leaves_a_message_and_a_success_leaves_it_there) {
  EXPECT_EQ(attach(reading(), "nowhere"), RINGMAIN_NOT_FOUND);
  const std::string message = ringmain_last_error();
  EXPECT_NE(message.find("nowhere"), std::string::npos) << message;
  ASSERT_EQ(create(ring()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_last_error(), message);
  EXPECT_EQ(create(ring()), RINGMAIN_EXISTS);
  EXPECT_NE(ringmain_last_error(), message);
}

TEST_F(CInterfaceTest, the_errno_of_a_failure_is_kept) {
  ringmain_ring_options options = ring();
  const std::string missing = std::string(directory()) + "/missing";
  options.directory = missing.c_str();
  EXPECT_NE(create(options), RINGMAIN_OK);
  EXPECT_EQ(ringmain_last_system_error(), ENOENT);
  EXPECT_EQ(create(ring(), nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_last_system_error(), 0);
}

TEST_F(CInterfaceTest, names_are_checked) {
  EXPECT_EQ(create(ring(), ""), RINGMAIN_BAD_NAME);
  EXPECT_EQ(create(ring(), "a/b"), RINGMAIN_BAD_NAME);
  EXPECT_EQ(create(ring(), std::string(129, 'x').c_str()), RINGMAIN_BAD_NAME);
}

TEST_F(CInterfaceTest, null_is_refused_everywhere) {
  void* place = &place;
  const ringmain_consumer_options options = reading();
  EXPECT_EQ(ringmain_producer_create("ring", nullptr, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_consumer_attach("ring", &options, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(attach(options, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_STREQ(ringmain_last_error(), "name is null");
  EXPECT_EQ(ringmain_producer_publish(nullptr, "x", 1, 0), RINGMAIN_BAD_OPTION);
  EXPECT_STREQ(ringmain_last_error(), "the producer is null");
  EXPECT_EQ(ringmain_producer_publish_batch(nullptr, nullptr, 0, 0), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_producer_claim(nullptr, 1, &place), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(place, nullptr);
  EXPECT_EQ(ringmain_producer_commit(nullptr, 1, 0), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_producer_close(nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_producer_wait_for_consumers(nullptr, 1, 0), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_consumer_receive(nullptr, &message_), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_consumer_read(nullptr, nullptr, 0, &message_), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_consumer_poll(nullptr, nullptr, nullptr, 1, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_read_statistics("ring", nullptr, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_list(directory(), nullptr, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_remove(nullptr, directory(), 0), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_remove_group("ring", nullptr, directory()), RINGMAIN_BAD_OPTION);
  connect();
  EXPECT_EQ(ringmain_producer_publish(producer_.get(), nullptr, 1, 0), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_producer_publish_batch(producer_.get(), nullptr, 1, 0), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_producer_claim(producer_.get(), 1, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_consumer_receive(consumer_.get(), nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_consumer_read(consumer_.get(), nullptr, 1, &message_), RINGMAIN_BAD_OPTION);
}

TEST_F(CInterfaceTest, what_returns_no_status_takes_null_for_nothing) {
  ringmain_producer_free(nullptr);
  ringmain_producer_abort(nullptr);
  ringmain_consumer_free(nullptr);
  ringmain_consumer_release(nullptr);
  ringmain_consumer_pass(nullptr);
  ringmain_consumer_release_below(nullptr, 64);
  EXPECT_EQ(ringmain_producer_position(nullptr), 0U);
  EXPECT_EQ(ringmain_producer_capacity(nullptr), 0U);
  EXPECT_EQ(ringmain_consumer_position(nullptr), 0U);
  EXPECT_EQ(ringmain_consumer_lost(nullptr), 0U);
  EXPECT_EQ(ringmain_consumer_lag_bytes(nullptr), 0U);
  EXPECT_EQ(ringmain_consumer_capacity(nullptr), 0U);
  EXPECT_EQ(ringmain_consumer_still_valid(nullptr), 0);
  EXPECT_EQ(ringmain_consumer_still_valid_at(nullptr, 0), 0);
}

// --- structs that grow

TEST_F(CInterfaceTest, the_defaults_are_those_of_cpp) {
  ringmain_ring_options ring;
  ringmain_open_options open;
  ringmain_consumer_options consumer;
  ASSERT_EQ(ringmain_ring_options_init(&ring, sizeof ring), RINGMAIN_OK);
  ASSERT_EQ(ringmain_open_options_init(&open, sizeof open), RINGMAIN_OK);
  ASSERT_EQ(ringmain_consumer_options_init(&consumer, sizeof consumer), RINGMAIN_OK);
  EXPECT_EQ(ring.struct_size, sizeof ring);
  EXPECT_EQ(ring.capacity, RingOptions{}.capacity);
  EXPECT_EQ(ring.mode, RingOptions{}.mode);
  EXPECT_EQ(ring.take_over, 0U);
  EXPECT_EQ(ring.reserved, 0U);
  EXPECT_EQ(ring.spin_ns, RingOptions{}.spin.count());
  EXPECT_EQ(ring.directory, nullptr);
  EXPECT_EQ(open.spin_ns, OpenOptions{}.spin.count());
  EXPECT_EQ(consumer.start, static_cast<std::uint32_t>(RINGMAIN_LATEST));
  EXPECT_EQ(consumer.spin_ns, ConsumerOptions{}.spin.count());
}

TEST_F(CInterfaceTest, a_struct_that_was_not_initialised_is_refused) {
  ringmain_ring_options options{};
  EXPECT_EQ(create(options), RINGMAIN_BAD_OPTION);
  EXPECT_NE(std::string(ringmain_last_error()).find("struct_size"), std::string::npos);
  for (const std::size_t size : {std::size_t{1}, sizeof options - 1, SIZE_MAX}) {
    options = ring();
    options.struct_size = size;
    EXPECT_EQ(create(options), RINGMAIN_BAD_OPTION) << size;
    EXPECT_EQ(ringmain_ring_options_init(&options, size), RINGMAIN_BAD_OPTION) << size;
  }
  EXPECT_EQ(ringmain_ring_options_init(nullptr, sizeof options), RINGMAIN_BAD_OPTION);
}

// As if it had been compiled when the struct ended after `mode`.
TEST_F(CInterfaceTest, an_older_caller_gets_the_defaults_of_what_it_does_not_know) {
  constexpr std::size_t kOld = offsetof(ringmain_ring_options, group);
  ringmain_ring_options options;
  std::memset(&options, 0xff, sizeof options);
  ASSERT_EQ(ringmain_ring_options_init(&options, kOld), RINGMAIN_OK);
  EXPECT_EQ(options.struct_size, kOld);
  EXPECT_EQ(options.spin_ns, -1) << "wrote beyond the caller's struct";
  options.directory = directory();
  options.capacity = 64 << 10;
  EXPECT_EQ(create(options), RINGMAIN_OK) << ringmain_last_error();
  EXPECT_EQ(ringmain_producer_capacity(producer_.get()), std::size_t{64} << 10);
}

struct Newer {
  ringmain_ring_options known;
  std::uint64_t later[2];
};

TEST_F(CInterfaceTest, a_newer_caller_is_served_as_long_as_it_wants_nothing_new) {
  Newer options;
  std::memset(&options, 0xff, sizeof options);
  ASSERT_EQ(ringmain_ring_options_init(&options.known, sizeof options), RINGMAIN_OK);
  EXPECT_EQ(options.later[1], 0U);
  options.known.directory = directory();
  EXPECT_EQ(create(options.known), RINGMAIN_OK) << ringmain_last_error();
  options.later[1] = 1;
  EXPECT_EQ(create(options.known, "other"), RINGMAIN_BAD_OPTION);
}

TEST_F(CInterfaceTest, options_that_make_no_sense_are_refused) {
  ringmain_ring_options options = ring(2);
  EXPECT_EQ(create(options), RINGMAIN_BAD_OPTION);
  options = ring();
  options.capacity = 100'000;
  EXPECT_EQ(create(options), RINGMAIN_BAD_OPTION);
  options = ring();
  options.reserved = 1;
  EXPECT_EQ(create(options), RINGMAIN_BAD_OPTION);
  ASSERT_EQ(create(ring()), RINGMAIN_OK);
  ringmain_consumer_options from = reading();
  from.start = 4;
  EXPECT_EQ(attach(from), RINGMAIN_BAD_OPTION);
}

// --- types

TEST_F(CInterfaceTest, a_typed_ring_is_shared_with_cpp) {
  using Numbers = Channel<std::uint64_t>;
  ringmain_ring_options options = ring();
  options.type = {"uint64", 8, ringmain_type_hash("uint64", 8, 8, nullptr)};
  ASSERT_EQ(create(options), RINGMAIN_OK);
  auto consumer = Numbers::attach("ring", {.directory = directory()});
  const std::uint64_t value = 42;
  ASSERT_EQ(ringmain_producer_publish(producer_.get(), &value, sizeof value, 0), RINGMAIN_OK);
  EXPECT_EQ(*consumer.receive(), 42U);
  ringmain_consumer_options other = reading();
  other.type = {"uint64", 8, 1};
  EXPECT_EQ(attach(other), RINGMAIN_TYPE_MISMATCH);
}

// --- rings, from outside

TEST_F(CInterfaceTest, statistics_fill_what_there_is_room_for) {
  connect();
  ringmain_consumer_options options = reading();
  options.group = "workers";
  ringmain_consumer* member = nullptr;
  ASSERT_EQ(ringmain_consumer_attach("ring", &options, &member), RINGMAIN_OK);
  const Consumer other(member);
  ASSERT_EQ(publish("hello"), RINGMAIN_OK);

  ringmain_statistics statistics;
  std::array<ringmain_consumer_statistics, 3> consumers{};
  std::array<ringmain_group_statistics, 1> groups{};
  ASSERT_EQ(ringmain_statistics_init(&statistics, sizeof statistics), RINGMAIN_OK);
  ASSERT_EQ(ringmain_read_statistics("ring", directory(), &statistics), RINGMAIN_OK) << ringmain_last_error();
  EXPECT_EQ(statistics.consumer_count, 2U);
  EXPECT_EQ(statistics.group_count, 1U);
  EXPECT_STREQ(statistics.name, "ring");
  EXPECT_EQ(statistics.capacity, 65536U);
  EXPECT_EQ(statistics.messages, 1U);
  EXPECT_EQ(statistics.bytes, 5U);
  EXPECT_EQ(statistics.tail, 64U);
  EXPECT_EQ(statistics.producers, 1U);
  EXPECT_EQ(statistics.producer_alive, 1);

  statistics.consumers = consumers.data();
  statistics.consumers_size = 1;
  statistics.groups = groups.data();
  statistics.groups_size = groups.size();
  ASSERT_EQ(ringmain_read_statistics("ring", directory(), &statistics), RINGMAIN_OK);
  EXPECT_EQ(consumers[0].alive, 1);
  EXPECT_EQ(consumers[0].lag_bytes, 64U);
  EXPECT_EQ(consumers[1].alive, 0) << "wrote beyond the caller's array";
  EXPECT_STREQ(groups[0].name, "workers");
  EXPECT_EQ(groups[0].members, 1U);
}

TEST_F(CInterfaceTest, an_older_caller_gets_the_statistics_that_it_knows) {
  connect();
  ringmain_statistics statistics;
  std::memset(&statistics, 0xff, sizeof statistics);
  ASSERT_EQ(ringmain_statistics_init(&statistics, offsetof(ringmain_statistics, bytes)), RINGMAIN_OK);
  ASSERT_EQ(ringmain_read_statistics("ring", directory(), &statistics), RINGMAIN_OK);
  EXPECT_EQ(statistics.messages, 0U);
  EXPECT_EQ(statistics.bytes, UINT64_MAX) << "wrote beyond the caller's struct";
}

int collect(const char* name, void* context) {
  auto& names = *static_cast<std::vector<std::string>*>(context);
  names.emplace_back(name);
  return names.size() == 2 ? 1 : 0;
}

TEST_F(CInterfaceTest, rings_are_listed_and_removed) {
  std::vector<Producer> producers;
  for (const char* name : {"c", "a", "b"}) {
    ASSERT_EQ(create(ring(), name), RINGMAIN_OK);
    producers.push_back(std::move(producer_));
  }
  std::vector<std::string> names;
  EXPECT_EQ(ringmain_list(directory(), collect, &names), RINGMAIN_OK);
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ringmain_remove("a", directory(), 0), RINGMAIN_IN_USE);
  EXPECT_EQ(ringmain_remove("a", directory(), 1), RINGMAIN_OK);
  EXPECT_EQ(ringmain_remove("a", directory(), 1), RINGMAIN_NOT_FOUND);
  EXPECT_EQ(ringmain_remove_group("b", "nobody", directory()), RINGMAIN_NOT_FOUND);
}

TEST_F(CInterfaceTest, rings_are_collected_unless_something_keeps_them) {
  ringmain_ring_options options = ring();
  options.keep = 1;
  ASSERT_EQ(create(options, "kept"), RINGMAIN_OK);
  int keeper = -1;
  EXPECT_EQ(ringmain_collect("kept", directory(), 0, &keeper), RINGMAIN_OK);
  EXPECT_EQ(keeper, RINGMAIN_PARTICIPANT);
  producer_.reset();
  EXPECT_EQ(ringmain_collect("kept", directory(), 0, &keeper), RINGMAIN_OK);
  EXPECT_EQ(keeper, RINGMAIN_KEPT);
  ringmain_statistics statistics;
  ASSERT_EQ(ringmain_statistics_init(&statistics, sizeof statistics), RINGMAIN_OK);
  ASSERT_EQ(ringmain_read_statistics("kept", directory(), &statistics), RINGMAIN_OK);
  EXPECT_EQ(statistics.kept, 1);
  EXPECT_GT(statistics.created_ns, std::int64_t{1'700'000'000} * 1'000'000'000);

  ASSERT_EQ(create(ring(), "dead"), RINGMAIN_OK);
  producer_.reset();
  EXPECT_EQ(ringmain_collect("dead", directory(), 1, nullptr), RINGMAIN_OK);
  EXPECT_EQ(ringmain_collect("dead", directory(), 0, &keeper), RINGMAIN_OK);
  EXPECT_EQ(keeper, RINGMAIN_NOBODY);
  EXPECT_EQ(ringmain_collect("dead", directory(), 0, &keeper), RINGMAIN_NOT_FOUND);
}

TEST_F(CInterfaceTest, consumers_are_evicted_where_the_ring_may) {
  ASSERT_EQ(create(ring(), "never"), RINGMAIN_OK);
  EXPECT_EQ(ringmain_evict_consumer("never", 0, directory()), RINGMAIN_BAD_OPTION);
  ringmain_ring_options options = ring();
  options.evict_after_ns = RINGMAIN_FOREVER;
  ASSERT_EQ(create(options), RINGMAIN_OK);
  ASSERT_EQ(attach(reading()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_evict_consumer("ring", 1, directory()), RINGMAIN_NOT_FOUND);
  EXPECT_EQ(ringmain_evict_group("ring", "nobody", directory()), RINGMAIN_NOT_FOUND);
  EXPECT_EQ(ringmain_evict_consumer("ring", 0, directory()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_EVICTED);
}

TEST_F(CInterfaceTest, a_producer_removes_its_own_ring) {
  EXPECT_EQ(ringmain_producer_remove(nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_producer_close_and_remove(nullptr), RINGMAIN_BAD_OPTION);
  connect();
  EXPECT_EQ(ringmain_producer_wait_for_consumers(producer_.get(), 2, 0), RINGMAIN_TIMED_OUT);
  EXPECT_EQ(ringmain_producer_remove(producer_.get()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_wait_for_consumers(producer_.get(), 2, 0), RINGMAIN_REMOVED);
  EXPECT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_REMOVED);
  ASSERT_EQ(create(ring()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_close_and_remove(producer_.get()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_close_and_remove(producer_.get()), RINGMAIN_END);
  EXPECT_EQ(ringmain_remove("ring", directory(), 1), RINGMAIN_NOT_FOUND);
}

}  // namespace
}  // namespace ringmain::testing
