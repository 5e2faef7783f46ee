// Locks that are no leases: a process that may only read can put a read lock on any byte.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <chrono>

#include "confined.hpp"
#include "lease.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

// Read locks, held through a descriptor that can't write.
class Squatter {
 public:
  Squatter(const std::filesystem::path& file, off_t first, off_t count)
      : file_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct flock range {};
    range.l_type = F_RDLCK;
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
