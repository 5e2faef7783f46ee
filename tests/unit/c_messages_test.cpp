// The C interface: what is published, claimed, received, read and polled.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "support/c_handles.hpp"

namespace ringmain::testing {
namespace {

using CMessagesTest = RingInC;

// --- publishing

TEST_F(CMessagesTest, a_published_message_is_received_in_place) {
  connect();
  EXPECT_EQ(ringmain_producer_wait_for_consumers(producer_.get(), 1, kMillisecond), RINGMAIN_OK);
  ASSERT_EQ(publish("hello", 7), RINGMAIN_OK);
  ASSERT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_OK);
  EXPECT_EQ(text_of(message_), "hello");
  EXPECT_EQ(message_.type, 7);
  EXPECT_EQ(message_.position, 0U);
  EXPECT_EQ(message_.lost, 0U);
  EXPECT_EQ(message_.redelivered, 0);
  EXPECT_EQ(ringmain_consumer_still_valid(consumer_.get()), 1);
  EXPECT_EQ(ringmain_consumer_position(consumer_.get()), 0U);
  ringmain_consumer_release(consumer_.get());
  ringmain_consumer_release(consumer_.get());
  EXPECT_EQ(ringmain_consumer_still_valid(consumer_.get()), 0);
  EXPECT_EQ(ringmain_consumer_position(consumer_.get()), 64U);
  EXPECT_EQ(ringmain_producer_position(producer_.get()), 64U);
}

TEST_F(CMessagesTest, an_empty_message_needs_no_data) {
  connect();
  ASSERT_EQ(ringmain_producer_publish(producer_.get(), nullptr, 0, 3), RINGMAIN_OK);
  ASSERT_EQ(ringmain_consumer_read(consumer_.get(), nullptr, 0, &message_), RINGMAIN_OK);
  EXPECT_EQ(message_.size, 0U);
  EXPECT_EQ(message_.type, 3);
}

TEST_F(CMessagesTest, a_claim_is_published_by_commit_alone) {
  connect();
  void* place = nullptr;
  ASSERT_EQ(ringmain_producer_claim(producer_.get(), 100, &place), RINGMAIN_OK);
  ringmain_producer_abort(producer_.get());
  EXPECT_EQ(ringmain_producer_commit(producer_.get(), 1, 0), RINGMAIN_BAD_OPTION);
  EXPECT_STREQ(ringmain_last_error(), "no claim is open");
  ASSERT_EQ(ringmain_producer_try_claim(producer_.get(), 100, &place), RINGMAIN_OK);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(place) % 16, 0U);
  std::memcpy(place, "in place", 8);
  ASSERT_EQ(ringmain_producer_commit(producer_.get(), 8, 2), RINGMAIN_OK);
  ASSERT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_OK);
  EXPECT_EQ(text_of(message_), "in place");
  EXPECT_EQ(message_.type, 2);
}

TEST_F(CMessagesTest, while_a_claim_is_open_nothing_else_is_published) {
  connect();
  void* place = nullptr;
  void* second = &second;
  ASSERT_EQ(ringmain_producer_claim_for(producer_.get(), 8, kMillisecond, &place), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_claim(producer_.get(), 8, &second), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(second, nullptr);
  EXPECT_EQ(publish("x"), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_producer_publish_batch(producer_.get(), nullptr, 0, 0), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_producer_close(producer_.get()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_commit(producer_.get(), 8, 0), RINGMAIN_BAD_OPTION) << "close aborts it";
}

TEST_F(CMessagesTest, a_batch_is_published_whole_or_not_at_all) {
  connect();
  const std::array<ringmain_bytes, 3> batch{{{"one", 3}, {nullptr, 0}, {"three", 5}}};
  ASSERT_EQ(ringmain_producer_publish_batch(producer_.get(), batch.data(), batch.size(), 5), RINGMAIN_OK);
  for (const std::string_view text : {"one", "", "three"}) {
    ASSERT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_OK);
    EXPECT_EQ(text_of(message_), text);
    EXPECT_EQ(message_.type, 5);
    ringmain_consumer_release(consumer_.get());
  }
  const std::array<ringmain_bytes, 2> bad{{{"one", 3}, {nullptr, 1}}};
  EXPECT_EQ(ringmain_producer_publish_batch(producer_.get(), bad.data(), bad.size(), 0), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_EMPTY);
}

TEST_F(CMessagesTest, back_pressure_is_a_number) {
  connect();
  void* place = nullptr;
  while (ringmain_producer_try_publish(producer_.get(), "x", 1, 0) == RINGMAIN_OK) {
  }
  EXPECT_EQ(ringmain_producer_try_publish(producer_.get(), "x", 1, 0), RINGMAIN_NO_ROOM);
  EXPECT_EQ(ringmain_producer_publish_for(producer_.get(), "x", 1, 0, 0), RINGMAIN_NO_ROOM);
  EXPECT_EQ(ringmain_producer_publish_for(producer_.get(), "x", 1, 0, -1), RINGMAIN_NO_ROOM);
  EXPECT_EQ(ringmain_producer_publish_for(producer_.get(), "x", 1, 0, kMillisecond), RINGMAIN_TIMED_OUT);
  EXPECT_EQ(ringmain_producer_try_claim(producer_.get(), 1, &place), RINGMAIN_NO_ROOM);
  EXPECT_EQ(place, nullptr);
}

TEST_F(CMessagesTest, a_message_too_large_is_refused_and_the_capacity_it_needs_can_be_asked_for) {
  connect();
  const std::size_t capacity = ringmain_producer_capacity(producer_.get());
  const std::vector<char> large(ringmain_max_message_bytes(capacity) + 1);
  EXPECT_EQ(ringmain_producer_publish(producer_.get(), large.data(), large.size(), 0), RINGMAIN_TOO_LARGE);
  EXPECT_EQ(ringmain_producer_publish(producer_.get(), large.data(), large.size() - 1, 0), RINGMAIN_OK);
  EXPECT_EQ(ringmain_capacity_for(large.size()), 2 * capacity);
}

// --- receiving

TEST_F(CMessagesTest, nothing_to_receive_is_told_and_the_message_is_blank) {
  connect();
  message_.data = &message_;
  EXPECT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_EMPTY);
  EXPECT_EQ(message_.data, nullptr);
  EXPECT_EQ(ringmain_consumer_receive_for(consumer_.get(), 0, &message_), RINGMAIN_EMPTY);
  EXPECT_EQ(ringmain_consumer_receive_for(consumer_.get(), -1, &message_), RINGMAIN_EMPTY);
  EXPECT_EQ(ringmain_consumer_receive_for(consumer_.get(), kMillisecond, &message_), RINGMAIN_TIMED_OUT);
  std::array<char, 8> buffer{};
  EXPECT_EQ(ringmain_consumer_try_read(consumer_.get(), buffer.data(), 8, &message_), RINGMAIN_EMPTY);
  EXPECT_EQ(ringmain_consumer_read_for(consumer_.get(), buffer.data(), 8, kMillisecond, &message_), RINGMAIN_TIMED_OUT);
}

TEST_F(CMessagesTest, one_message_is_borrowed_at_a_time) {
  connect();
  ASSERT_EQ(publish("one"), RINGMAIN_OK);
  ASSERT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_OK);
  ringmain_message second{};
  EXPECT_EQ(ringmain_consumer_receive(consumer_.get(), &second), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_consumer_read(consumer_.get(), nullptr, 0, &second), RINGMAIN_BAD_OPTION);
  EXPECT_STREQ(ringmain_last_error(), "a message is borrowed: release it first");
  EXPECT_EQ(text_of(message_), "one");
}

TEST_F(CMessagesTest, a_read_copies_and_a_buffer_too_small_loses_nothing) {
  connect();
  ASSERT_EQ(publish("copied", 4), RINGMAIN_OK);
  std::array<char, 8> buffer{};
  EXPECT_EQ(ringmain_consumer_read(consumer_.get(), buffer.data(), 5, &message_), RINGMAIN_TOO_LARGE);
  EXPECT_EQ(message_.size, 6U);
  EXPECT_EQ(message_.data, nullptr);
  ASSERT_EQ(ringmain_consumer_read(consumer_.get(), buffer.data(), 6, &message_), RINGMAIN_OK);
  EXPECT_EQ(message_.data, buffer.data());
  EXPECT_EQ(text_of(message_), "copied");
  EXPECT_EQ(message_.type, 4);
}

struct Seen {
  std::vector<std::string> texts;
  std::size_t stop_after = SIZE_MAX;
};

int see(const ringmain_message* message, void* context) {
  auto& seen = *static_cast<Seen*>(context);
  seen.texts.emplace_back(text_of(*message));
  return seen.texts.size() == seen.stop_after ? 1 : 0;
}

TEST_F(CMessagesTest, poll_hands_over_what_is_there) {
  connect();
  for (const std::string_view text : {"1", "2", "3", "4"}) ASSERT_EQ(publish(text), RINGMAIN_OK);
  Seen seen;
  std::size_t count = 9;
  EXPECT_EQ(ringmain_consumer_poll(consumer_.get(), see, &seen, 1, &count), RINGMAIN_OK);
  EXPECT_EQ(count, 1U);
  seen.stop_after = 3;
  EXPECT_EQ(ringmain_consumer_poll(consumer_.get(), see, &seen, 10, &count), RINGMAIN_OK);
  EXPECT_EQ(count, 2U);
  EXPECT_EQ(ringmain_consumer_poll(consumer_.get(), see, &seen, 10, nullptr), RINGMAIN_EMPTY);
  EXPECT_EQ(seen.texts, (std::vector<std::string>{"1", "2", "3", "4"}));
  EXPECT_EQ(ringmain_consumer_poll(consumer_.get(), nullptr, nullptr, 1, &count), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(count, 0U);
}

int fling(const ringmain_message*, void*) { throw std::runtime_error("flung by a handler"); }

TEST_F(CMessagesTest, what_a_handler_throws_goes_no_further) {
  connect();
  ASSERT_EQ(publish("1"), RINGMAIN_OK);
  EXPECT_EQ(ringmain_consumer_poll(consumer_.get(), fling, nullptr, 1, nullptr), RINGMAIN_SYSTEM);
  EXPECT_STREQ(ringmain_last_error(), "flung by a handler");
  EXPECT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_EMPTY) << "the message was released";
}

TEST_F(CMessagesTest, one_waits_for_several_rings_at_once) {
  connect();
  const Producer first = std::move(producer_);
  const Consumer quiet = std::move(consumer_);
  ASSERT_EQ(create(ring(), "other"), RINGMAIN_OK);
  ASSERT_EQ(attach(reading(), "other"), RINGMAIN_OK);
  ringmain_wait_set* set = nullptr;
  ASSERT_EQ(ringmain_wait_set_create(&set), RINGMAIN_OK);
  EXPECT_EQ(ringmain_wait_set_add(set, quiet.get()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_wait_set_add(set, consumer_.get()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_wait_set_add(set, consumer_.get()), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_wait_set_size(set), 2U);
  ringmain_consumer* ready = quiet.get();
  EXPECT_EQ(ringmain_wait_set_wait(set, kMillisecond, &ready), RINGMAIN_TIMED_OUT);
  EXPECT_EQ(ready, nullptr);
  ASSERT_EQ(publish("hello"), RINGMAIN_OK);
  EXPECT_EQ(ringmain_wait_set_wait(set, RINGMAIN_FOREVER, &ready), RINGMAIN_OK);
  EXPECT_EQ(ready, consumer_.get());
  EXPECT_EQ(ringmain_consumer_try_receive(ready, &message_), RINGMAIN_OK);
  EXPECT_EQ(ringmain_wait_set_wait(set, 0, &ready), RINGMAIN_OK) << "a borrowed message counts";
  EXPECT_EQ(ringmain_wait_set_remove(set, consumer_.get()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_wait_set_remove(set, consumer_.get()), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_wait_set_wait(set, 0, &ready), RINGMAIN_TIMED_OUT);
  EXPECT_EQ(ringmain_wait_set_wait(set, 0, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_wait_set_add(set, nullptr), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(ringmain_wait_set_add(nullptr, quiet.get()), RINGMAIN_BAD_OPTION);
  ringmain_wait_set_free(set);
  ringmain_wait_set_free(nullptr);
}

TEST_F(CMessagesTest, an_event_loop_polls_a_descriptor) {
  connect();
  pollfd loop{.fd = -1, .events = POLLIN, .revents = 0};
  EXPECT_EQ(ringmain_consumer_arm(consumer_.get()), 0) << "there is no descriptor yet";
  ASSERT_EQ(ringmain_consumer_descriptor(consumer_.get(), &loop.fd), RINGMAIN_OK) << ringmain_last_error();
  ASSERT_EQ(ringmain_consumer_arm(consumer_.get()), 1);
  ASSERT_EQ(publish("hello"), RINGMAIN_OK);
  EXPECT_EQ(poll(&loop, 1, 10'000), 1);
  EXPECT_EQ(ringmain_consumer_arm(consumer_.get()), 0) << "there is a message";
  EXPECT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_OK);
  int again = -1;
  EXPECT_EQ(ringmain_consumer_descriptor(consumer_.get(), &again), RINGMAIN_OK);
  EXPECT_EQ(again, loop.fd);
}

TEST_F(CMessagesTest, an_io_uring_of_ones_own_waits_for_it) {
  connect();
  io_uring_sqe entry{};
  EXPECT_EQ(ringmain_consumer_prepare_wait(consumer_.get(), &entry), 50 * kMillisecond);
  EXPECT_NE(entry.opcode, 0);
  EXPECT_EQ(ringmain_consumer_prepare_wait(consumer_.get(), nullptr), 0);
  EXPECT_EQ(ringmain_consumer_prepare_wait(nullptr, &entry), 0);
  ASSERT_EQ(publish("hello"), RINGMAIN_OK);
  EXPECT_EQ(ringmain_consumer_prepare_wait(consumer_.get(), &entry), 0);
}

TEST_F(CMessagesTest, the_stream_ends_and_goes_on) {
  connect();
  ASSERT_EQ(publish("last"), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_close(producer_.get()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_close(producer_.get()), RINGMAIN_OK);
  EXPECT_EQ(publish("x"), RINGMAIN_END);
  ASSERT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_OK);
  ringmain_consumer_release(consumer_.get());
  EXPECT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_END);

  ringmain_open_options options;
  ASSERT_EQ(ringmain_open_options_init(&options, sizeof options), RINGMAIN_OK);
  options.directory = directory();
  producer_.reset();
  ringmain_producer* made = nullptr;
  ASSERT_EQ(ringmain_producer_open("ring", &options, &made), RINGMAIN_OK) << ringmain_last_error();
  producer_.reset(made);
  ringmain_producer* second = nullptr;
  EXPECT_EQ(ringmain_producer_open("ring", &options, &second), RINGMAIN_PRODUCER_EXISTS);
  EXPECT_EQ(second, nullptr);
  ASSERT_EQ(publish("next"), RINGMAIN_OK);
  EXPECT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_OK);
  EXPECT_EQ(text_of(message_), "next");
}

TEST_F(CMessagesTest, a_forked_child_has_no_part_in_its_parents_handles) {
  connect();
  const pid_t child = fork();
  if (child == 0) {
    void* place = nullptr;
    const bool refused = publish("from the child") == RINGMAIN_LEASE_LOST &&
                         ringmain_producer_claim(producer_.get(), 8, &place) == RINGMAIN_LEASE_LOST &&
                         ringmain_consumer_receive(consumer_.get(), &message_) == RINGMAIN_LEASE_LOST;
    producer_.reset();
    consumer_.reset();
    _exit(refused ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ASSERT_EQ(publish("from the parent"), RINGMAIN_OK);
  ASSERT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_OK);
  EXPECT_EQ(text_of(message_), "from the parent");
}

TEST_F(CMessagesTest, a_lossy_ring_tells_what_was_overwritten) {
  connect(RINGMAIN_OVERWRITE);
  ASSERT_EQ(publish("old"), RINGMAIN_OK);
  ASSERT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_OK);
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(publish("new"), RINGMAIN_OK);
  EXPECT_EQ(ringmain_consumer_still_valid(consumer_.get()), 0);
  ringmain_consumer_release(consumer_.get());
  ASSERT_EQ(ringmain_consumer_receive(consumer_.get(), &message_), RINGMAIN_OK);
  EXPECT_EQ(message_.lost, message_.position / 64 - 1);
  EXPECT_EQ(ringmain_consumer_lost(consumer_.get()), message_.lost);
}

TEST_F(CMessagesTest, an_unnamed_ring_is_reached_through_its_descriptors) {
  const ringmain_ring_options options = ring();
  ringmain_producer* made = nullptr;
  ASSERT_EQ(ringmain_producer_create_unnamed(&options, &made), RINGMAIN_OK) << ringmain_last_error();
  producer_.reset(made);
  int file = -1;
  int consumers = -1;
  EXPECT_EQ(ringmain_producer_descriptors(made, nullptr, &consumers), RINGMAIN_BAD_OPTION);
  ASSERT_EQ(ringmain_producer_descriptors(made, &file, &consumers), RINGMAIN_OK);
  ringmain_consumer* attached = nullptr;
  ASSERT_EQ(ringmain_consumer_attach_unnamed(file, consumers, nullptr, &attached), RINGMAIN_OK)
      << ringmain_last_error();
  consumer_.reset(attached);
  ASSERT_EQ(publish("hello"), RINGMAIN_OK);
  EXPECT_EQ(ringmain_consumer_receive(attached, &message_), RINGMAIN_OK);
  EXPECT_EQ(text_of(message_), "hello");
  EXPECT_EQ(ringmain_producer_open_unnamed(file, consumers, nullptr, &made), RINGMAIN_BAD_OPTION);
  EXPECT_EQ(made, nullptr);
  ASSERT_EQ(create(ring()), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_descriptors(producer_.get(), &file, &consumers), RINGMAIN_BAD_OPTION);
}

TEST_F(CMessagesTest, an_unnamed_ring_can_be_taken_over_if_it_was_made_for_that) {
  ringmain_ring_options options = ring();
  options.take_over = 1;
  ringmain_producer* made = nullptr;
  ASSERT_EQ(ringmain_producer_create_unnamed(&options, &made), RINGMAIN_OK) << ringmain_last_error();
  producer_.reset(made);
  int file = -1;
  int consumers = -1;
  ASSERT_EQ(ringmain_producer_descriptors(made, &file, &consumers), RINGMAIN_OK);
  ringmain_consumer* attached = nullptr;
  ASSERT_EQ(ringmain_consumer_attach_unnamed(file, consumers, nullptr, &attached), RINGMAIN_OK);
  consumer_.reset(attached);
  EXPECT_EQ(ringmain_producer_open_unnamed(file, consumers, nullptr, &made), RINGMAIN_PRODUCER_EXISTS);
  ASSERT_EQ(publish("one"), RINGMAIN_OK);
  ASSERT_EQ(ringmain_producer_close(producer_.get()), RINGMAIN_OK);
  ASSERT_EQ(ringmain_producer_open_unnamed(file, consumers, nullptr, &made), RINGMAIN_OK) << ringmain_last_error();
  producer_.reset(made);
  ASSERT_EQ(publish("two"), RINGMAIN_OK);
  for (const char* text : {"one", "two"}) {
    ASSERT_EQ(ringmain_consumer_try_receive(attached, &message_), RINGMAIN_OK);
    EXPECT_EQ(text_of(message_), text);
    ringmain_consumer_release(attached);
  }
}

// --- holding several

TEST_F(CMessagesTest, what_is_passed_is_held_until_it_is_given_back) {
  connect();
  while (ringmain_producer_try_publish(producer_.get(), "x", 1, 0) == RINGMAIN_OK) {
  }
  EXPECT_EQ(ringmain_consumer_lag_bytes(consumer_.get()), 1023U * 64);
  std::vector<ringmain_message> held(3);
  for (ringmain_message& message : held) {
    ASSERT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message), RINGMAIN_OK);
    ringmain_consumer_pass(consumer_.get());
    ringmain_consumer_pass(consumer_.get());  // nothing is borrowed any more
  }
  EXPECT_EQ(ringmain_consumer_lag_bytes(consumer_.get()), 1020U * 64);
  EXPECT_EQ(ringmain_consumer_position(consumer_.get()), 192U);
  for (const ringmain_message& message : held) {
    EXPECT_EQ(text_of(message), "x");
    EXPECT_EQ(ringmain_consumer_still_valid_at(consumer_.get(), message.position), 1);
  }
  EXPECT_EQ(ringmain_producer_try_publish(producer_.get(), "y", 1, 0), RINGMAIN_NO_ROOM);
  ringmain_consumer_release_below(consumer_.get(), held[1].position);
  EXPECT_EQ(ringmain_producer_try_publish(producer_.get(), "y", 1, 0), RINGMAIN_OK);
  EXPECT_EQ(ringmain_producer_try_publish(producer_.get(), "y", 1, 0), RINGMAIN_NO_ROOM);
  EXPECT_EQ(ringmain_consumer_still_valid_at(consumer_.get(), held[0].position), 0);
  EXPECT_EQ(ringmain_consumer_still_valid_at(consumer_.get(), held[1].position), 1);
}

TEST_F(CMessagesTest, the_last_message_is_a_place_to_start) {
  connect();
  for (const char* text : {"one", "two", "three"}) ASSERT_EQ(publish(text), RINGMAIN_OK);
  ringmain_consumer_options options = reading();
  options.start = RINGMAIN_LAST;
  ASSERT_EQ(attach(options), RINGMAIN_OK) << ringmain_last_error();
  ASSERT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_OK);
  EXPECT_EQ(text_of(message_), "three");
  ringmain_consumer_release(consumer_.get());
  EXPECT_EQ(ringmain_consumer_try_receive(consumer_.get(), &message_), RINGMAIN_EMPTY);
}

}  // namespace
}  // namespace ringmain::testing
