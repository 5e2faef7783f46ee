// Locks that are no leases: a process that may only read can put a read lock on any byte.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>

#include "confined.hpp"
#include "lease.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

// Locks; read locks through a descriptor that can't write.
class Squatter {
 public:
  Squatter(const std::filesystem::path& file, off_t first, off_t count, short type = F_RDLCK)
      : file_(::open(file.c_str(), (type == F_RDLCK ? O_RDONLY : O_RDWR) | O_CLOEXEC)) {
    struct flock range {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = first;
    range.l_len = count;
    EXPECT_EQ(::fcntl(file_.get(), F_OFD_SETLK, &range), 0);
  }

 private:
  Descriptor file_;
};

class SquattingTest : public HostileTest {};

TEST_F(SquattingTest, on_a_dead_producers_byte_is_not_taken_for_life) {
  const auto child = [&] {
    auto producer = Producer::create("ring", making());
    require(producer.publish(bytes_of("hello")) == Status::kOk, "publish");
    ::kill(::getpid(), SIGKILL);
  };
  ASSERT_EQ(in_child(child), -SIGKILL);
  const Squatter squatter(ring_path() / "ring", kProducerByte, 1);
  auto consumer = Consumer::attach("ring", attaching(Start::oldest()));
  EXPECT_EQ(text_of(consumer.receive_for(10s)), "hello");
  EXPECT_EQ(consumer.receive_for(10s).status(), Status::kProducerLost);
  EXPECT_FALSE(statistics("ring", directory()).producer_alive);
  EXPECT_TRUE(refused([&] { (void)Producer::open("ring", opening()); }, Status::kSquatted, {"'ring'", "read lock"}));
}

TEST_F(SquattingTest, on_the_bytes_of_dead_consumers_does_not_hold_the_producer) {
  auto producer = Producer::create("ring", making());
  ASSERT_EQ(in_child([&] {
              auto own = Consumer::attach("ring", attaching());
              auto member = Consumer::attach("ring", joining("group"));
              ::kill(::getpid(), SIGKILL);
            }),
            -SIGKILL);
  const Squatter squatter(ring_path() / "consumers", 0, kMaxConsumers);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(producer.publish_for(std::vector<std::byte>(1000), 10s), Status::kOk);
  for (const auto& consumer : statistics("ring", directory()).consumers) EXPECT_FALSE(consumer.alive);
  producer.close();
  EXPECT_TRUE(refused([&] { ringmain::remove("ring", directory()); }, Status::kOk));
}

TEST_F(SquattingTest, makes_a_consumer_take_another_line) {
  auto producer = Producer::create("ring", making());
  const Squatter squatter(ring_path() / "consumers", 0, 7);
  auto consumer = Consumer::attach("ring", attaching());
  const auto state = statistics("ring", directory());
  ASSERT_EQ(state.consumers.size(), 1U);
  EXPECT_EQ(state.consumers[0].line, 7U);
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(text_of(consumer.try_receive()), "hello");
}

TEST_F(SquattingTest, on_every_line_is_told_to_who_wants_to_attach) {
  auto producer = Producer::create("ring", making());
  auto early = Consumer::attach("ring", attaching());
  {
    const Squatter squatter(ring_path() / "consumers", 1, kMaxConsumers);
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kSquatted, {"'ring'", "locks"}));
    EXPECT_TRUE(
        refused([&] { (void)Consumer::attach("ring", joining("group")); }, Status::kSquatted, {"'ring'", "locks"}));
    auto spectator = Consumer::attach("ring", watching());
    ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
    EXPECT_EQ(text_of(early.try_receive()), "hello");
    EXPECT_EQ(text_of(spectator.try_receive()), "hello");
  }
  auto late = Consumer::attach("ring", attaching());
}

TEST_F(SquattingTest, does_not_lose_a_lease_that_is_held) {
  auto producer = Producer::create("ring", making());
  auto consumer = Consumer::attach("ring", attaching());
  struct flock range {};
  range.l_type = F_RDLCK;
  range.l_whence = SEEK_SET;
  range.l_len = 1;
  const Descriptor file(::open((ring_path() / "ring").c_str(), O_RDONLY | O_CLOEXEC));
  EXPECT_NE(::fcntl(file.get(), F_OFD_SETLK, &range), 0);
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(text_of(consumer.try_receive()), "hello");
  EXPECT_EQ(consumer.receive_for(200ms).status(), Status::kTimedOut);
}

// By who may write the consumers' file, and so can pretend to live on any line.
TEST_F(SquattingTest, on_any_one_byte_with_either_lock_leaves_room_for_all) {
  auto producer = Producer::create("ring", making());
  auto early = Consumer::attach("ring", attaching());
  std::uint64_t received = 0;
  for (const short type : {short{F_RDLCK}, short{F_WRLCK}}) {
    for (off_t byte = 1; byte < static_cast<off_t>(kMaxConsumers) + 2; ++byte) {
      const Squatter squatter(ring_path() / "consumers", byte, 1, type);
      auto late = Consumer::attach("ring", attaching());
      auto member = Consumer::attach("ring", joining("group"));
      ASSERT_EQ(producer.publish_for(bytes_of("hello"), 10s), Status::kOk) << byte;
      for (Consumer* consumer : {&early, &late, &member}) {
        ASSERT_EQ(text_of(consumer->receive_for(10s)), "hello") << byte;
        ++received;
      }
    }
  }
  for (int i = 0; i < 300; ++i) {  // nobody is left over that would hold the producer
    ASSERT_EQ(producer.publish_for(std::vector<std::byte>(1000), 10s), Status::kOk);
    ASSERT_TRUE(early.receive_for(10s));
  }
  std::printf("PROOF squatting consumers: %zu bytes by 2 kinds of locks, %lu messages, 0 lost, 0 held\n",
              kMaxConsumers + 1, static_cast<unsigned long>(received));
}

// With the lines full of lives that are none: an attack by who may write them. Its end is the end of it.
TEST_F(SquattingTest, on_all_bytes_as_if_alive_is_told_to_who_wants_to_attach_and_over_with_its_end) {
  auto producer = Producer::create("ring", making());
  {
    const Squatter squatter(ring_path() / "consumers", 0, kMaxConsumers, F_WRLCK);
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kTooMany, {"'ring'"}));
    EXPECT_TRUE(refused([&] { (void)Consumer::attach("ring", joining("group")); }, Status::kTooMany, {"'ring'"}));
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(producer.publish_for(std::vector<std::byte>(1000), 10s), Status::kOk);
    }
  }
  auto consumer = Consumer::attach("ring", attaching());
  auto member = Consumer::attach("ring", joining("group"));
}

TEST_F(SquattingTest, on_the_removers_byte_is_told_from_a_remover) {
  { auto producer = Producer::create("ring", making()); }
  const Squatter squatter(ring_path() / "ring", kRemoverByte, 1);
  EXPECT_TRUE(refused([&] { ringmain::remove("ring", directory()); }, Status::kSquatted, {"'ring'", "lock"}));
}

TEST_F(SquattingTest, keeps_the_rest_of_a_dead_creator_only_while_it_lasts) {
  { auto producer = Producer::create("ring", making()); }
  const auto rest = directory() / "ring.ring.new-0123456789abcdef";
  std::filesystem::rename(ring_path(), rest);
  {
    const Squatter squatter(rest / "ring", kRemoverByte, 1);
    EXPECT_TRUE(list(directory()).empty());
  }
  EXPECT_TRUE(list(directory()).empty());
  EXPECT_TRUE(entries().empty());
}

}  // namespace
}  // namespace ringmain::testing
