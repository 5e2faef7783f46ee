// Rings that are removed while somebody holds them.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <chrono>
#include <thread>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "removal.hpp"
#include "support/intercept.hpp"

namespace ringmain::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class RemovalTest : public HostileTest {
 protected:
  const std::vector<std::byte> bytes_ = std::vector<std::byte>(1000);

  // Receives until there is nothing more: how many, and why it ended.
  static std::pair<int, Status> drain(Consumer& consumer) {
    int count = 0;
    for (;;) {
      const Message message = consumer.receive_for(20s);
      if (!message) return {count, message.status()};
      ++count;
    }
  }
};

TEST_F(RemovalTest, is_refused_while_a_producer_or_a_consumer_lives) {
  auto producer = Producer::create("ring", making());
  const std::initializer_list<std::string_view> words = {"'ring'", directory().native(), "alive", "force"};
  EXPECT_TRUE(refused([&] { ringmain::remove("ring", directory()); }, Status::kInUse, words));
  {
    auto consumer = Consumer::attach("ring", attaching());
    producer.close();
    EXPECT_TRUE(refused([&] { ringmain::remove("ring", directory()); }, Status::kInUse, words));
  }
  auto spectator = Consumer::attach("ring", watching());
  ringmain::remove("ring", directory());
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(spectator.try_receive().status(), Status::kEnd);
}

TEST_F(RemovalTest, lets_consumers_drain_and_then_ends_them) {
  auto producer = Producer::create("ring", making());
  auto own = Consumer::attach("ring", attaching());
  auto member = Consumer::attach("ring", joining("group"));
  auto spectator = Consumer::attach("ring", watching());
  for (int i = 0; i < 10; ++i) ASSERT_EQ(producer.publish(bytes_), Status::kOk);
  ringmain::remove("ring", directory(), true);
  EXPECT_TRUE(entries().empty());
  const auto expected = std::pair(10, Status::kRemoved);
  EXPECT_EQ(drain(own), expected);
  EXPECT_EQ(drain(member), expected);
  EXPECT_EQ(drain(spectator), expected);
  EXPECT_EQ(own.try_receive().status(), Status::kRemoved);
}

TEST_F(RemovalTest, of_a_closed_ring_is_an_end_all_the_same) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  ASSERT_EQ(producer.publish(bytes_), Status::kOk);
  producer.close();
  ringmain::remove("ring", directory(), true);
  EXPECT_EQ(drain(consumer), std::pair(1, Status::kEnd));
}

TEST_F(RemovalTest, wakes_who_sleeps) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  std::thread remover([&] {
    ::usleep(50'000);
    ringmain::remove("ring", directory(), true);
  });
  EXPECT_EQ(consumer.receive().status(), Status::kRemoved);
  remover.join();
}

TEST_F(RemovalTest, ends_a_producer_that_waits) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  while (producer.try_publish(bytes_) == Status::kOk) {
  }
  std::thread remover([&] {
    ::usleep(50'000);
    ringmain::remove("ring", directory(), true);
  });
  EXPECT_EQ(producer.publish(bytes_), Status::kRemoved);
  remover.join();
  EXPECT_EQ(producer.try_publish(bytes_), Status::kRemoved);
  EXPECT_EQ(producer.claim(1000).status(), Status::kRemoved);
  EXPECT_EQ(producer.wait_for_consumers(2), Status::kRemoved);
}

// Whom nobody holds up has to be told some time, too: at the latest after once around.
TEST_F(RemovalTest, ends_a_producer_that_never_waits) {
  for (const Policy policy : {Policy::kWait, Policy::kOverwrite}) {
    auto producer = Producer::create("ring", making(policy));
    ringmain::remove("ring", directory(), true);
    Status status = Status::kOk;
    for (int i = 0; i < 1000 && status == Status::kOk; ++i) status = producer.publish(bytes_);
    EXPECT_EQ(status, Status::kRemoved);
  }
}

TEST_F(RemovalTest, frees_the_name_at_once) {
  auto old_producer = Producer::create("ring", making());
  auto old_consumer = Consumer::attach("ring", attaching());
  ringmain::remove("ring", directory(), true);
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  ASSERT_EQ(producer.publish(bytes_of("new")), Status::kOk);
  EXPECT_EQ(old_consumer.try_receive().status(), Status::kRemoved);
  old_producer.close();
  EXPECT_EQ(text_of(consumer.try_receive()), "new");
  EXPECT_TRUE(statistics("ring", directory()).producer_alive);
}

TEST_F(RemovalTest, by_the_producer_itself_ends_the_stream_or_not) {
  for (const bool closing : {true, false}) {
    auto producer = Producer::create("ring", making());
    auto consumer = Consumer::attach("ring", attaching());
    ASSERT_EQ(producer.publish(bytes_), Status::kOk);
    if (closing) {
      producer.close_and_remove();
    } else {
      producer.remove();
    }
    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(drain(consumer), std::pair(1, closing ? Status::kEnd : Status::kRemoved));
    EXPECT_EQ(producer.wait_for_consumers(2), closing ? Status::kEnd : Status::kRemoved);
    EXPECT_TRUE(refused([&] { producer.remove(); }, closing ? Status::kEnd : Status::kOk));
  }
}

TEST_F(RemovalTest, by_the_producer_itself_leaves_no_gap_for_another) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  std::vector<Status> tries;
  const auto before_renaming = [&](const seccomp_data&) {
    EXPECT_EQ(consumer.try_receive().status(), Status::kEnd);  // and never kRemoved
    tries.push_back(refusal_of([&] { (void)Producer::open("ring", opening()); }).status);
    return 0;
  };
  ASSERT_TRUE(intercept({SYS_rename, SYS_renameat, SYS_renameat2, SYS_unlinkat}, before_renaming,
                        [&] { producer.close_and_remove(); }));
  const std::vector<Status> expected{Status::kProducerExists, Status::kNotFound, Status::kNotFound, Status::kNotFound};
  EXPECT_EQ(tries, expected);  // before it lost its name, before each of its files went
}

TEST_F(RemovalTest, by_the_producer_itself_is_of_its_own_ring_wherever_that_is_by_now) {
  auto producer = Producer::create("ring", making());
  ringmain::remove("ring", directory(), true);
  auto other = Producer::create("ring", making());
  producer.close_and_remove();  // gone already
  EXPECT_EQ(statistics("ring", directory()).producer_alive, true);
  const TemporaryDirectory elsewhere;
  fs::rename(ring_path(), elsewhere.path() / "ring.ring");
  other.close_and_remove();
  EXPECT_TRUE(fs::is_empty(elsewhere.path()));
}

TEST_F(RemovalTest, by_the_producer_itself_that_fails_has_closed_it) {
  if (!may_change_user()) GTEST_SKIP() << "becoming another user needs root";
  fs::permissions(directory(), fs::perms::all);
  EXPECT_EQ(as_stranger([&] { auto producer = Producer::create("ring", making()); }), 0);
  fs::permissions(directory(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  EXPECT_EQ(as_stranger([&] {
              auto producer = Producer::open("ring", opening());
              require_refused([&] { producer.close_and_remove(); }, Status::kNoPermission, {"'ring'"});
              const auto state = statistics("ring", directory());
              require(state.closed && !state.removed && !state.producer_alive, "closed, not removed");
            }),
            0);
}

TEST_F(RemovalTest, of_a_ring_with_foreign_files_is_refused) {
  auto producer = Producer::create("ring", making());
  write_file(ring_path() / "notes.txt", "mine");
  EXPECT_TRUE(
      refused([&] { ringmain::remove("ring", directory(), true); }, Status::kNotARing, {"'ring'", "'notes.txt'"}));
  EXPECT_EQ(producer.publish(bytes_), Status::kOk);
  fs::remove(ring_path() / "notes.txt");
  ringmain::remove("ring", directory(), true);
  EXPECT_TRUE(entries().empty());
}

// A producer has found out how it stands while it waits.
// Two remove the same ring, and one finds its files unlinked by the other: by then the name may be a new ring's.
TEST_F(RemovalTest, that_another_was_faster_with_finds_nothing) {
  fs::create_directory(directory() / "ring.ring");
  const Descriptor parent = open_parent(directory(), "the directory");
  Removal late(parent.get(), "ring.ring", "ring 'ring'");
  ASSERT_TRUE(late.bare());
  fs::remove(directory() / "ring.ring");
  EXPECT_TRUE(refused([&] { late.unlink_bare(); }, Status::kNotFound, {"'ring'", "a moment ago"}));

  auto producer = Producer::create("ring", making());
  EXPECT_TRUE(refused([&] { late.unlink_bare(); }, Status::kNotFound, {"'ring'", "a moment ago", "new"}));
  EXPECT_EQ(Consumer::attach("ring", attaching()).try_receive().status(), Status::kEmpty);
}

TEST_F(RemovalTest, is_told_from_a_time_that_is_over) {
  auto producer = Producer::create("ring", making());
  EXPECT_EQ(producer.wait_for_consumers(1, 1ms), Status::kTimedOut);
  EXPECT_EQ(producer.wait_for_consumers(0, 0ms), Status::kOk);
  ringmain::remove("ring", directory(), true);
  EXPECT_EQ(producer.wait_for_consumers(1, 1ms), Status::kRemoved);
  producer.close();
  EXPECT_EQ(producer.wait_for_consumers(1, 1ms), Status::kEnd);
}

TEST_F(RemovalTest, of_a_damaged_ring_asks_after_the_living_too) {
  auto producer = Producer::create("ring", making());
  RawFile(ring_path() / "ring").header().layout_version = 7;
  EXPECT_TRUE(refused([&] { ringmain::remove("ring", directory()); }, Status::kInUse, {"'ring'", "alive"}));
  ringmain::remove("ring", directory(), true);
  EXPECT_TRUE(entries().empty());
}

TEST_F(RemovalTest, that_fails_leaves_the_ring_as_it_was) {
  if (!may_change_user()) GTEST_SKIP() << "becoming another user needs root";
  fs::permissions(directory(), fs::perms::all);
  EXPECT_EQ(as_stranger([&] { auto producer = Producer::create("ring", making()); }), 0);
  fs::permissions(directory(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  EXPECT_EQ(as_stranger([&] {
              require_refused([&] { ringmain::remove("ring", directory()); }, Status::kNoPermission, {"'ring'"});
              auto producer = Producer::open("ring", opening());
              require(!statistics("ring", directory()).removed, "removed, and still there");
            }),
            0);
}

TEST_F(RemovalTest, of_a_group_is_refused_while_a_member_lives) {
  auto producer = Producer::create("ring", making());
  {
    auto member = Consumer::attach("ring", {.directory = directory(), .group = "group", .durable = true});
    EXPECT_TRUE(
        refused([&] { remove_group("ring", "group", directory()); }, Status::kInUse, {"'group'", "'ring'", "alive"}));
  }
  while (producer.try_publish(bytes_) == Status::kOk) {
  }
  remove_group("ring", "group", directory());
  EXPECT_EQ(producer.publish_for(bytes_, 20s), Status::kOk);
  EXPECT_TRUE(refused([&] { remove_group("ring", "group", directory()); }, Status::kNotFound, {"'group'"}));
}

// Its name may be one that nobody could ask for.
TEST_F(RemovalTest, of_a_group_that_garbage_made_is_possible) {
  auto producer = Producer::create("ring", making());
  const RawFile file(ring_path() / "consumers");
  for (const std::uint64_t hidden : {0U, 0x1234U}) {  // behind the end of the name
    { auto member = Consumer::attach("ring", {.directory = directory(), .group = "group", .durable = true}); }
    file.area().groups[0].name[0] = 0x0a07ff1b;
    file.area().groups[0].name[1] = hidden;
    while (producer.try_publish(bytes_) == Status::kOk) {
    }
    const auto state = statistics("ring", directory());
    ASSERT_EQ(state.groups.size(), 1U);
    EXPECT_TRUE(refused([&] { remove_group("ring", state.groups[0].name, directory()); }, Status::kOk));
    EXPECT_EQ(producer.publish_for(bytes_, 2s), Status::kOk);
  }
}

}  // namespace
}  // namespace ringmain::testing
