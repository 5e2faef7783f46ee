// Pages that are gone: punched, cut off, or never there on a file system that is full now. Who opens such a ring is refused,
// or finds zeros; who has it open already may get SIGBUS, as for any file; and sealed memory loses none.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <functional>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;

constexpr off_t kPage = 4096;

struct Tally {
  std::atomic<int> refused;
  std::atomic<int> opened;
  std::atomic<bool> ready;
  std::atomic<bool> cut;
};

class HolesTest : public HostileTest {
 protected:
  static off_t pages_of(const char* file) {
    const std::size_t bytes = file == std::string_view("ring") ? kSlotsOffset + kCapacity : kConsumersBytes;
    return static_cast<off_t>(bytes) / kPage;
  }

  // A ring in which something happened, and whose producer is gone.
  void make_ring() const {
    auto producer = Producer::create("ring", making());
    auto durable = joining("durable");
    durable.durable = true;
    auto member = Consumer::attach("ring", durable);
    for (int i = 0; i < 100; ++i) require(producer.try_publish(std::vector<std::byte>(500)) == Status::kOk, "publish");
  }
  void punch(const char* file, off_t page) const {
    const int opened = ::open((ring_path() / file).c_str(), O_RDWR | O_CLOEXEC);
    require(opened >= 0, "open");
    require(::fallocate(opened, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page * kPage, kPage) == 0, "punch");
    ::close(opened);
  }

  // All ways in. A producer comes last: it is the one that repairs.
  std::vector<std::function<void()>> ways_in() const {
    return {[this] { read(Consumer::attach("ring", watching(Start::oldest()))); },
            [this] { read(Consumer::attach("ring", attaching(Start::oldest()))); },
            [this] { read(Consumer::attach("ring", joining("durable"))); },
            [this] { read(Consumer::attach("ring", joining("another", Start::oldest()))); },
            [this] { (void)statistics("ring", directory()); },
            [this] { remove_group("ring", "durable", directory()); },
            [this] {
              auto producer = Producer::open("ring", opening());
              for (int i = 0; i < 300; ++i) (void)producer.publish_for(std::vector<std::byte>(500), 1ms);
            }};
  }
  static void read(Consumer consumer) {
    volatile unsigned sum = 0;
    const auto look = [&](const Message& message) {
      for (const std::byte byte : message.bytes()) sum = sum + static_cast<unsigned>(byte);
    };
    (void)consumer.poll(look, 1000);
    (void)consumer.receive_for(1ms);
  }
  // Each is refused, with one of these statuses, or works.
  void try_all_ways_in(std::initializer_list<Status> statuses, bool may_work) const {
    for (const auto& way : ways_in()) {
      expect_no_hang();
      const Refusal refusal = refusal_of(way);
      const bool works = refusal.status == Status::kOk || refusal.status == Status::kNotFound;  // the group is gone
      require(works ? may_work : std::ranges::find(statuses, refusal.status) != statuses.end(),
              std::string(describe(refusal.status)) + ": " + refusal.message);
      ++(works ? tally_->opened : tally_->refused);
    }
    require(list(directory()) == std::vector<std::string>{"ring"}, "list");
    ringmain::remove("ring", directory());
    require(!std::filesystem::exists(ring_path()), "not removed");
  }

  void wait_for_cut() const {
    tally_->ready = true;
    wait_until([&] { return tally_->cut.load(); });
  }
  void use_when_cut(Consumer consumer) const {
    wait_for_cut();
    read(std::move(consumer));
  }

  const Shared<Tally> tally_;
};

TEST_F(HolesTest, at_any_page_are_refused_or_zeros) {
  int pages = 0;
  for (const char* file : {"ring", "consumers"}) {
    for (off_t page = 0; page < pages_of(file); ++page, ++pages) {
      EXPECT_EQ(in_child([&] {
                  make_ring();
                  punch(file, page);
                  try_all_ways_in({Status::kNotARing, Status::kCorrupt}, /*may_work=*/page != 0);
                }),
                0)
          << file << ", page " << page;
    }
  }
  EXPECT_GT(tally_->refused, 0);
  EXPECT_GT(tally_->opened, 0);
  std::printf("PROOF holes opening: %d pages punched, %d openings refused, %d found zeros, 0 signals\n", pages,
              tally_->refused.load(), tally_->opened.load());
}

// The file system is full by now, so the page can't be had again: touching it would be SIGBUS.
TEST_F(HolesTest, at_any_page_that_can_not_be_had_are_refused) {
  if (!may_mount(directory())) GTEST_SKIP() << "mounting a file system needs root or user namespaces";
  int pages = 0;
  for (const char* file : {"ring", "consumers"}) {
    for (off_t page = 0; page < pages_of(file); ++page, ++pages) {
      EXPECT_EQ(in_child([&] {
                  require(mount_own_tmpfs(directory(), "size=1m"), "mount");
                  make_ring();
                  punch(file, page);
                  const auto used = std::filesystem::space(directory());
                  const std::string size = "size=" + std::to_string(used.capacity - used.free);
                  require(::mount(nullptr, directory().c_str(), nullptr, MS_REMOUNT, size.c_str()) == 0, "remount");
                  try_all_ways_in({Status::kNotARing, Status::kTruncated}, /*may_work=*/false);
                }),
                0)
          << file << ", page " << page;
    }
  }
  std::printf("PROOF holes full-tmpfs: %d pages that can't be had, %d openings refused, 0 signals\n", pages,
              tally_->refused.load());
}

// What docs/guarantees.md calls a caveat: who has the file mapped is told by SIGBUS, or finds out in time.
TEST_F(HolesTest, that_are_cut_off_later_are_told_by_a_signal_at_worst) {
  int signals = 0;
  int unharmed = 0;
  const std::array<std::function<void()>, 4> users = {
      [&] { use_when_cut(Consumer::attach("ring", attaching(Start::oldest()))); },
      [&] { use_when_cut(Consumer::attach("ring", joining("durable", Start::oldest()))); },
      [&] { use_when_cut(Consumer::attach("ring", watching(Start::oldest()))); },
      [&] {
        auto producer = Producer::open("ring", opening());
        wait_for_cut();
        for (int i = 0; i < 300; ++i) (void)producer.publish_for(std::vector<std::byte>(500), 1ms);
      }};
  for (const auto& user : users) {
    for (const char* file : {"ring", "consumers"}) {
      for (off_t page = 0; page < pages_of(file); page += 3) {
        make_ring();
        tally_->ready = tally_->cut = false;
        Child child([&] {
          ::signal(SIGBUS, SIG_DFL);  // a sanitizer's handler would make an exit of it
          expect_no_hang();
          refusal_of(user);
        });
        wait_until([&] { return tally_->ready.load() || child.ended(); });
        std::filesystem::resize_file(ring_path() / file, static_cast<std::uintmax_t>(page * kPage));
        tally_->cut = true;
        const int end = child.wait();
        EXPECT_TRUE(end == 0 || end == -SIGBUS) << file << ", page " << page << ": " << end;
        ++(end == 0 ? unharmed : signals);
        ringmain::remove("ring", directory());
      }
    }
  }
  EXPECT_GT(signals, 0);
  std::printf("PROOF holes later: %d times cut while mapped, %d SIGBUS (a caveat), %d unharmed, 0 hung\n",
              signals + unharmed, signals, unharmed);
}

TEST_F(HolesTest, can_not_be_cut_into_sealed_memory) {
  auto producer = Producer::create_unnamed({.capacity = kCapacity});
  const RingDescriptors ring = producer.descriptors();
  auto consumer = Consumer::attach(ring);
  auto member = Consumer::attach(ring, {.group = "group"});
  int refusals = 0;
  for (const auto& [file, name] : {std::pair(ring.ring, "ring"), std::pair(ring.consumers, "consumers")}) {
    for (off_t page = 0; page < pages_of(name); ++page) {
      for (const off_t size : {page * kPage, page * kPage + 1, (pages_of(name) + page + 1) * kPage}) {
        ASSERT_NE(::ftruncate(file, size), 0);
        ASSERT_EQ(errno, EPERM);
        ++refusals;
      }
      if (file != ring.ring) continue;
      for (const int mode : {FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, FALLOC_FL_ZERO_RANGE}) {
        ASSERT_NE(::fallocate(file, mode, page * kPage, kPage), 0);
        ASSERT_TRUE(errno == EPERM || errno == EOPNOTSUPP);
        ++refusals;
      }
    }
  }
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(producer.try_publish(std::vector<std::byte>(500)), Status::kOk);
    ASSERT_TRUE(consumer.try_receive());
    ASSERT_TRUE(member.try_receive());
  }
  std::printf("PROOF holes sealed: %d attempts to cut, grow or punch, all refused\n", refusals);
}

// Who may write the file of the consumers may punch it, too: that is to write zeros, and nothing worse.
TEST_F(HolesTest, in_the_sealed_memory_of_consumers_are_zeros) {
  auto producer = Producer::create_unnamed({.capacity = kCapacity});
  const int file = producer.descriptors().consumers;
  for (off_t page = 1; page < pages_of("consumers"); ++page) {
    auto consumer = Consumer::attach(producer.descriptors());
    auto member = Consumer::attach(producer.descriptors(), {.group = "group"});
    ASSERT_EQ(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, page * kPage, kPage), 0);
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(producer.publish_for(std::vector<std::byte>(500), 10s), Status::kOk);
      (void)consumer.try_receive();
      (void)member.try_receive();
    }
  }
}

}  // namespace
}  // namespace ringmain::testing
