// Rings that are collected because nobody uses them, and those that aren't.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <atomic>
#include <optional>
#include <thread>

#include "lease.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/intercept.hpp"

namespace ringmain::testing {
namespace {

class CollectionTest : public HostileTest {
 protected:
  // Somebody produces into the ring, or consumes from it.
  bool leased_by_newcomer(bool producer) const {
    const Descriptor file = open_at(AT_FDCWD, (ring_path() / (producer ? "ring" : "consumers")).c_str(), O_RDONLY);
    return leased(file.get(), 0, producer ? 1 : 0);
  }

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

// Somebody comes between the first look and the remover's lease.
TEST_F(CollectionTest, leaves_a_ring_to_who_came_before_its_lease) {
  Producer::create("ring", making()).close();
  for (const bool by_force : {false, true}) {
    std::optional<Consumer> consumer;
    const auto on_call = [&](const seccomp_data& call) {
      const bool taking_lease = static_cast<int>(call.args[1]) == F_OFD_SETLK;
      if (taking_lease && !consumer) consumer.emplace(Consumer::attach("ring", attaching()));
      return 0;
    };
    Keeper keeper{};
    Refusal refusal{};
    ASSERT_TRUE(intercept({SYS_fcntl}, on_call, [&] {
      refusal = refusal_of([&] { by_force ? ringmain::remove("ring", directory()) : void(keeper = collect()); });
    }));
    ASSERT_TRUE(consumer);
    EXPECT_EQ(refusal.status, by_force ? Status::kInUse : Status::kOk);
    if (!by_force) {
      EXPECT_EQ(keeper, Keeper::kParticipant);
    }
    EXPECT_EQ(consumer->try_receive().status(), Status::kEnd) << "not removed";
  }
}

// Somebody takes his lease when the remover has looked already, and renames: he finds no ring, not a removed one.
TEST_F(CollectionTest, is_waited_for_by_who_comes_after_its_look) {
  for (const bool produces : {true, false}) {
    Producer::create("ring", making()).close();
    std::thread newcomer;
    std::atomic<bool> over{false};
    Refusal refusal{};
    const auto before_renaming = [&](const seccomp_data&) {
      if (newcomer.joinable()) return 0;
      newcomer = std::thread([&] {
        refusal = refusal_of([&] {
          if (produces) {
            auto producer = Producer::open("ring", opening());
          } else {
            auto consumer = Consumer::attach("ring", attaching());
          }
        });
        over = true;
      });
      while (!leased_by_newcomer(produces) && !over) std::this_thread::yield();
      return 0;
    };
    ASSERT_TRUE(intercept({SYS_rename, SYS_renameat, SYS_renameat2}, before_renaming,
                          [&] { EXPECT_EQ(collect(), Keeper::kNobody); }));
    newcomer.join();
    EXPECT_EQ(refusal.status, Status::kNotFound);
    EXPECT_TRUE(entries().empty());
  }
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
