// Rings that are collected because nobody uses them, and those that aren't.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "lease.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {
namespace {

class CollectionTest : public HostileTest {
 protected:
  Keeper collect(bool only_look = false) const { return ringmain::collect("ring", directory(), only_look); }
};

TEST_F(CollectionTest, takes_what_nobody_uses_whether_it_was_closed_or_not) {
  for (const bool closed : {true, false}) {
    auto producer = Producer::create("ring", making());
    EXPECT_EQ(producer.publish({}), Status::kOk);
    EXPECT_EQ(collect(), Keeper::kParticipant);
    if (!closed) producer.abandon();
    producer.close();
    EXPECT_EQ(collect(/*only_look=*/true), Keeper::kNobody);
    EXPECT_FALSE(entries().empty());
    EXPECT_EQ(collect(), Keeper::kNobody);
    EXPECT_TRUE(entries().empty());
    EXPECT_TRUE(refused([&] { collect(); }, Status::kNotFound, {"'ring'"}));
  }
}

TEST_F(CollectionTest, leaves_a_ring_with_a_consumer) {
  auto producer = Producer::create("ring", making());
  const auto consumer = Consumer::attach("ring", attaching());
  producer.close();
  EXPECT_EQ(collect(), Keeper::kParticipant);
  EXPECT_FALSE(entries().empty());
}

TEST_F(CollectionTest, takes_a_ring_from_under_a_spectator) {
  auto producer = Producer::create("ring", making());
  auto spectator = Consumer::attach("ring", watching());
  producer.abandon();
  EXPECT_EQ(collect(), Keeper::kNobody);
  EXPECT_EQ(spectator.receive().status(), Status::kRemoved);
}

TEST_F(CollectionTest, leaves_a_kept_ring_until_it_is_removed) {
  RingOptions options = making();
  options.keep = true;
  Producer::create("ring", options).close();
  EXPECT_TRUE(statistics("ring", directory()).kept);
  EXPECT_EQ(collect(), Keeper::kOption);
  EXPECT_EQ(statistics("ring", directory()).messages, 0U);
  ringmain::remove("ring", directory());
  EXPECT_TRUE(entries().empty());
}

TEST_F(CollectionTest, leaves_a_ring_in_which_a_durable_group_has_its_place) {
  for (const bool durable : {true, false}) {
    auto producer = Producer::create("ring", making());
    { auto member = Consumer::attach("ring", {.directory = directory(), .group = "group", .durable = durable}); }
    producer.close();
    EXPECT_EQ(collect(), durable ? Keeper::kDurableGroup : Keeper::kNobody);
    if (durable) {
      remove_group("ring", "group", directory());
      EXPECT_EQ(collect(), Keeper::kNobody);
    }
    EXPECT_TRUE(entries().empty());
  }
}

TEST_F(CollectionTest, leaves_what_is_damaged_and_says_so) {
  Producer::create("ring", making()).close();
  std::filesystem::resize_file(ring_path() / "ring", 5000);
  EXPECT_TRUE(refused([&] { collect(); }, Status::kTruncated, {"'ring'"}));
  std::filesystem::remove(ring_path() / "consumers");
  EXPECT_TRUE(refused([&] { collect(); }, Status::kTruncated, {"'consumers'"}));
  EXPECT_FALSE(entries().empty());
}

TEST_F(CollectionTest, takes_the_rest_of_an_old_removal) {
  std::filesystem::create_directory(ring_path());
  EXPECT_EQ(collect(/*only_look=*/true), Keeper::kNobody);
  EXPECT_FALSE(entries().empty());
  EXPECT_EQ(collect(), Keeper::kNobody);
  EXPECT_TRUE(entries().empty());
}

TEST_F(CollectionTest, of_a_ring_that_another_removes_for_ever_is_refused) {
  Producer::create("ring", making()).close();
  Lease stuck([&] { return open_at(AT_FDCWD, (ring_path() / "ring").c_str(), O_RDWR); });
  ASSERT_TRUE(stuck.take(kRemoverByte));
  EXPECT_TRUE(refused([&] { collect(); }, Status::kInUse, {"'ring'"}));
  EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kInUse, {"'ring'"}));
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kInUse, {"'ring'"}));
  EXPECT_FALSE(entries().empty());
}

}  // namespace
}  // namespace ringmain::testing
