// An unnamed ring whose end changes hands: made with `take_over`.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"

namespace ringmain::testing {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

class UnnamedTakeOverTest : public ::testing::Test {
 protected:
  // The consumer keeps the ring, and its descriptors; so does a test that has nothing else.
  void SetUp() override {
    auto first = create({});
    for (std::size_t i = 0; i < 2; ++i)
      files_[i] = ::dup(i == 0 ? first.descriptors().ring : first.descriptors().consumers);
    producer_.emplace(std::move(first));
  }
  void TearDown() override {
    for (const int file : files_) ::close(file);
  }

  static Producer create(const TypeIdentity& type) {
    return Producer::create_unnamed({.capacity = std::size_t{64} << 10, .take_over = true, .type = type});
  }
  RingDescriptors ring() const { return {files_[0], files_[1]}; }
  static Status refusal_of(RingDescriptors ring, const OpenOptions& options = {}) {
    try {
      (void)Producer::open(ring, options);
    } catch (const Error& error) {
      return error.status();
    }
    return Status::kOk;
  }
  void publish(std::string_view text) { ASSERT_EQ(producer_->try_publish(bytes_of(text)), Status::kOk); }
  static std::string receive(Consumer& consumer) {
    const Message message = consumer.try_receive();
    if (!message) return describe(message.status());
    return {reinterpret_cast<const char*>(message.bytes().data()), message.bytes().size()};
  }

  std::array<int, 2> files_{};
  std::optional<Producer> producer_;
};

TEST_F(UnnamedTakeOverTest, a_second_producer_goes_on_and_the_consumers_stay) {
  auto consumer = Consumer::attach(ring());
  auto member = Consumer::attach(ring(), {.group = "group"});
  publish("one");
  EXPECT_EQ(receive(consumer), "one");
  for (const std::string_view text : {"two", "three"}) {
    producer_->abandon();
    producer_.emplace(Producer::open(ring()));
    publish(text);
    EXPECT_EQ(receive(consumer), text);
  }
  auto late = Consumer::attach(producer_->descriptors(), {.start = Start::oldest()});
  producer_->close();
  for (const std::string_view text : {"one", "two", "three"}) {
    EXPECT_EQ(receive(member), text);
    EXPECT_EQ(receive(late), text);
  }
  EXPECT_EQ(consumer.receive().status(), Status::kEnd);
  EXPECT_EQ(consumer.lost(), 0U);
}

TEST_F(UnnamedTakeOverTest, what_was_closed_is_opened_again) {
  auto consumer = Consumer::attach(ring());
  publish("one");
  producer_->close();
  EXPECT_EQ(receive(consumer), "one");
  EXPECT_EQ(receive(consumer), describe(Status::kEnd));
  producer_.emplace(Producer::open(ring()));
  EXPECT_EQ(receive(consumer), describe(Status::kEmpty));
  publish("two");
  EXPECT_EQ(receive(consumer), "two");
}

TEST_F(UnnamedTakeOverTest, one_producer_at_a_time) {
  EXPECT_EQ(refusal_of(ring()), Status::kProducerExists);
  publish("still there");
  producer_->close();
  auto second = Producer::open(ring());
  EXPECT_EQ(refusal_of(ring()), Status::kProducerExists);
}

TEST_F(UnnamedTakeOverTest, goes_to_another_process) {
  auto consumer = Consumer::attach(ring());
  producer_->abandon();
  Child other([&] {
    auto producer = Producer::open(ring());
    require(producer.try_publish(bytes_of("from elsewhere")) == Status::kOk, "publish");
    ::raise(SIGKILL);
  });
  EXPECT_EQ(other.wait(), -SIGKILL);
  EXPECT_EQ(receive(consumer), "from elsewhere");
  EXPECT_EQ(consumer.receive().status(), Status::kProducerLost);
  producer_.emplace(Producer::open(ring()));
  publish("and back");
  EXPECT_EQ(receive(consumer), "and back");
}

TEST_F(UnnamedTakeOverTest, of_a_ring_that_was_made_without_is_a_bad_option) {
  auto sealed = Producer::create_unnamed({.capacity = std::size_t{64} << 10});
  EXPECT_EQ(refusal_of(sealed.descriptors()), Status::kBadOption);
  sealed.abandon();
  EXPECT_EQ(refusal_of(sealed.descriptors()), Status::kBadOption);
}

TEST_F(UnnamedTakeOverTest, minds_its_options) {
  producer_->close();
  EXPECT_EQ(refusal_of(ring(), {.spin = std::chrono::nanoseconds(-1)}), Status::kBadOption);
  EXPECT_EQ(refusal_of(ring(), {.type = {"number", 8, 1}}), Status::kTypeMismatch);
  auto typed = create({"number", 8, 1});
  auto consumer = Consumer::attach(typed.descriptors());
  typed.abandon();
  EXPECT_EQ(refusal_of(typed.descriptors(), {.type = {"number", 8, 2}}), Status::kTypeMismatch);
  EXPECT_EQ(refusal_of(typed.descriptors(), {.type = {"number", 8, 1}}), Status::kOk);
}

}  // namespace
}  // namespace ringmain::testing
