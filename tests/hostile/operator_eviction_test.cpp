// Consumers that are evicted from outside, by hand.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <vector>

#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

class OperatorEvictionTest : public HostileTest {
 protected:
  // Evicts nobody by itself.
  RingOptions patient() const {
    RingOptions options = making();
    options.evict_after = kForever;
    return options;
  }
  const std::vector<std::byte> bytes_ = std::vector<std::byte>(1000);
};

TEST_F(OperatorEvictionTest, frees_a_producer_that_waits) {
  auto producer = Producer::create("ring", patient());
  auto slow = Consumer::attach("ring", attaching());
  auto other = Consumer::attach("ring", attaching());
  while (producer.try_publish(bytes_) == Status::kOk) {
  }
  while (other.try_receive()) {
  }
  EXPECT_EQ(producer.try_publish(bytes_), Status::kNoRoom);
  evict("ring", 0, directory());
  EXPECT_EQ(producer.publish_for(bytes_, 20s), Status::kOk);
  while (slow.try_receive()) {
  }
  EXPECT_EQ(slow.receive_for(20s).status(), Status::kEvicted);
  EXPECT_TRUE(other.try_receive());
}

TEST_F(OperatorEvictionTest, of_a_member_is_of_its_whole_group_as_is_one_by_name) {
  for (const bool by_name : {true, false}) {
    auto producer = Producer::create("ring", patient());
    auto one = Consumer::attach("ring", joining("group"));
    auto two = Consumer::attach("ring", joining("group"));
    auto other = Consumer::attach("ring", joining("others"));
    if (by_name) {
      evict("ring", "group", directory());
    } else {
      evict("ring", 1, directory());
    }
    EXPECT_EQ(one.receive_for(20s).status(), Status::kEvicted);
    EXPECT_EQ(two.receive_for(20s).status(), Status::kEvicted);
    EXPECT_EQ(other.try_receive().status(), Status::kEmpty);
    producer.remove();
  }
}

TEST_F(OperatorEvictionTest, is_refused_by_a_ring_whose_consumers_do_not_reckon_with_it) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", joining("group"));
  const std::initializer_list<std::string_view> words = {"'ring'", "never evicts", "evict_after"};
  EXPECT_TRUE(refused([&] { evict("ring", 0, directory()); }, Status::kBadOption, words));
  EXPECT_TRUE(refused([&] { evict("ring", "group", directory()); }, Status::kBadOption, words));
  EXPECT_EQ(consumer.try_receive().status(), Status::kEmpty);
}

TEST_F(OperatorEvictionTest, of_nobody_is_refused) {
  auto producer = Producer::create("ring", making(Policy::kOverwrite));
  auto consumer = Consumer::attach("ring", attaching());
  for (const std::uint32_t line : {1U, 255U, 256U, ~0U}) {
    EXPECT_TRUE(refused([&] { evict("ring", line, directory()); }, Status::kNotFound, {std::to_string(line)}));
  }
  EXPECT_TRUE(refused([&] { evict("ring", "nobody", directory()); }, Status::kNotFound, {"'nobody'"}));
  evict("ring", 0, directory());
  EXPECT_TRUE(refused([&] { evict("ring", 0, directory()); }, Status::kNotFound, {"line 0"}));
  EXPECT_EQ(consumer.try_receive().status(), Status::kEvicted);
}

}  // namespace
}  // namespace ringmain::testing
