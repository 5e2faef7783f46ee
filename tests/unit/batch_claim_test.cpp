// A batch that is written in place: all of it is seen at once, or nothing.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "segment.hpp"
#include "support/child.hpp"
#include "support/messages.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

class BatchClaimTest : public ::testing::Test {
 protected:
  static constexpr std::size_t kCapacity = kMinCapacity;

  // Written into the batch is a pattern of the message's position. False: it didn't fit.
  bool add(BatchClaim& batch, std::size_t length, std::uint16_t type = 0) {
    const std::span<std::byte> place = batch.add(length, type);
    if (place.data() == nullptr) return false;
    EXPECT_EQ(place.size(), length);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(place.data()) % 16, 0U);
    const Bytes bytes = pattern(added_to_, length);
    std::copy(bytes.begin(), bytes.end(), place.begin());
    added_to_ += extent_of(length);
    return true;
  }
  BatchClaim claim(std::size_t bytes) {
    added_to_ = producer_.position();
    return producer_.claim_batch(bytes, std::chrono::nanoseconds{0});
  }
  Status publish(std::size_t length) { return producer_.try_publish(pattern(producer_.position(), length)); }

  // All that there is, each message a pattern of its position: their types.
  std::vector<std::uint16_t> receive(Consumer& consumer) {
    std::vector<std::uint16_t> types;
    while (const Message message = consumer.try_receive()) {
      const Bytes bytes(message.bytes().begin(), message.bytes().end());
      EXPECT_EQ(bytes, pattern(message.position(), bytes.size())) << "at " << message.position();
      types.push_back(message.type());
    }
    return types;
  }
  std::vector<std::uint16_t> receive() { return receive(consumer_); }

  TemporaryDirectory directory_;
  ringmain::Producer producer_ =
      ringmain::Producer::create("ring", {.directory = directory_.path(), .capacity = kCapacity});
  Consumer consumer_ = Consumer::attach("ring", {.directory = directory_.path()});
  Position added_to_ = 0;
};

using Types = std::vector<std::uint16_t>;

TEST_F(BatchClaimTest, appears_at_once_each_message_of_a_type_of_its_own) {
  BatchClaim batch = claim(4096);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch.status(), Status::kOk);
  for (const std::uint16_t type : Types{7, 0, 0xffff, 3}) {
    EXPECT_TRUE(add(batch, type % 500U, type));
    EXPECT_EQ(receive(), Types{});
  }
  batch.commit();
  EXPECT_EQ(receive(), (Types{7, 0, 0xffff, 3}));
  EXPECT_EQ(producer_.position(), added_to_) << "what was claimed and not used is not skipped";
  batch.commit();  // once is enough
  EXPECT_FALSE(batch);
  EXPECT_EQ(receive(), Types{});
  ASSERT_EQ(publish(20), Status::kOk);
  EXPECT_EQ(receive().size(), 1U);
}

TEST_F(BatchClaimTest, that_is_dropped_publishes_nothing) {
  {
    BatchClaim batch = claim(4096);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(add(batch, 100));
  }
  EXPECT_EQ(receive(), Types{});
  EXPECT_EQ(producer_.position(), 0U);
  for (const std::size_t length : {48U, 100U, 0U, 300U, 20U}) {  // ends on boundaries of the batch
    ASSERT_EQ(publish(length), Status::kOk);
    EXPECT_EQ(receive().size(), 1U);
  }
}

// The index, by which a consumer finds where to start, knows nothing of it.
TEST_F(BatchClaimTest, that_is_dropped_leads_nobody_astray) {
  ASSERT_EQ(publish(1500), Status::kOk);
  {
    BatchClaim batch = claim(kCapacity / 2);
    while (add(batch, 1000)) {
    }
  }
  std::vector<Position> boundaries;
  while (boundaries.size() < 12) {
    boundaries.push_back(producer_.position());
    ASSERT_EQ(publish(1500), Status::kOk);
  }
  for (Position wanted = boundaries.front(); wanted <= boundaries.back(); wanted += 64) {
    auto late = Consumer::attach("ring", {.directory = directory_.path(), .start = Start::at(wanted)});
    const auto right = std::lower_bound(boundaries.begin(), boundaries.end(), wanted);
    EXPECT_EQ(late.position(), *right) << wanted;
    EXPECT_EQ(receive(late).size(), static_cast<std::size_t>(boundaries.end() - right)) << wanted;
  }
  EXPECT_EQ(receive().size(), 13U);
  EXPECT_EQ(statistics("ring", directory_.path()).messages, 13U);
}

TEST_F(BatchClaimTest, that_is_aborted_takes_no_more) {
  BatchClaim batch = claim(4096);
  EXPECT_TRUE(add(batch, 10));
  batch.abort();
  EXPECT_FALSE(batch);
  EXPECT_FALSE(add(batch, 10));
  batch.commit();
  EXPECT_EQ(receive(), Types{});
}

TEST_F(BatchClaimTest, may_be_half_the_ring_and_no_more) {
  for (int i = 0; i < 5; ++i) {  // wherever in the ring
    ASSERT_EQ(publish(3000), Status::kOk);
    EXPECT_EQ(receive().size(), 1U);
    BatchClaim batch = claim(kCapacity / 2);
    ASSERT_TRUE(batch);
    std::size_t count = 0;
    while (add(batch, 1000)) ++count;
    EXPECT_EQ(count, kCapacity / 2 / 1024);
    batch.commit();
    EXPECT_EQ(receive().size(), count);
  }
  BatchClaim one = claim(kCapacity / 2);
  EXPECT_TRUE(add(one, producer_.max_message()));
  one.commit();
  EXPECT_EQ(receive().size(), 1U);
  for (const std::size_t bytes : {kCapacity / 2 + 1, kCapacity, SIZE_MAX}) {
    const BatchClaim batch = claim(bytes);
    EXPECT_FALSE(batch);
    EXPECT_EQ(batch.status(), Status::kTooLarge);
  }
}

TEST_F(BatchClaimTest, refuses_what_does_not_fit_and_keeps_the_rest) {
  using ringmain::Producer;
  BatchClaim batch = claim(Producer::batch_share(100) + Producer::batch_share(49));
  EXPECT_TRUE(add(batch, 100, 1));
  for (const std::size_t length : {std::size_t{113}, std::size_t{4096}, SIZE_MAX, SIZE_MAX - 63}) {
    EXPECT_FALSE(add(batch, length)) << length;
  }
  EXPECT_TRUE(add(batch, 112, 2));  // as much as 49 take
  EXPECT_FALSE(add(batch, 0));
  batch.commit();
  EXPECT_EQ(receive(), (Types{1, 2}));
}

TEST_F(BatchClaimTest, without_a_message_publishes_nothing) {
  claim(4096).commit();
  claim(0).commit();
  EXPECT_EQ(receive(), Types{});
  EXPECT_EQ(producer_.position(), 0U);
}

TEST_F(BatchClaimTest, waits_for_its_room_and_tells_when_there_is_none) {
  while (publish(1000) == Status::kOk) {
  }
  EXPECT_EQ(claim(4096).status(), Status::kNoRoom);
  EXPECT_EQ(producer_.claim_batch(4096, std::chrono::milliseconds(1)).status(), Status::kTimedOut);
  EXPECT_EQ(receive().size(), 63U);
  EXPECT_TRUE(claim(4096));
}

TEST_F(BatchClaimTest, of_a_handle_that_was_closed_is_refused) {
  producer_.close();
  BatchClaim batch = claim(64);
  EXPECT_EQ(batch.status(), Status::kEnd);
  EXPECT_EQ(batch.add(0).data(), nullptr);
}

TEST_F(BatchClaimTest, moves) {
  BatchClaim batch = claim(4096);
  EXPECT_TRUE(add(batch, 10, 1));
  std::optional<BatchClaim> moved(std::move(batch));
  EXPECT_FALSE(batch);  // NOLINT(bugprone-use-after-move): it holds nothing, which is the question
  EXPECT_TRUE(add(*moved, 2000, 2));
  batch.abort();
  moved->commit();
  EXPECT_EQ(receive(), (Types{1, 2}));
}

TEST_F(BatchClaimTest, wakes_who_sleeps) {
  const Segment segment = Segment::open("ring", directory_.path(), Access::kProduce);
  const std::uint32_t before = segment.producer().bell.load();
  BatchClaim batch = claim(4096);
  segment.consumers()->sleepers.store(1);
  EXPECT_TRUE(add(batch, 10));
  EXPECT_TRUE(add(batch, 10));
  EXPECT_EQ(segment.producer().bell.load(), before);
  batch.commit();
  EXPECT_EQ(segment.producer().bell.load(), before + 1);
}

TEST_F(BatchClaimTest, of_a_parent_is_nothing_to_its_child) {
  BatchClaim batch = claim(4096);
  EXPECT_TRUE(add(batch, 10, 1));
  Child child([&] {
    for (const std::size_t length : {0U, 8U, 1000U}) {
      require(batch.add(length).data() == nullptr, "room in a ring that isn't the child's");
    }
    batch.commit();
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(receive(), Types{});
  EXPECT_TRUE(add(batch, 20, 2));
  batch.commit();
  EXPECT_EQ(receive(), (Types{1, 2}));
}

}  // namespace
}  // namespace ringmain::testing
