// Fork: the child has copies of the handles, but no part in the ring, whenever and from which thread it is forked; nor has
// the program that it becomes. And descriptors closed behind our back.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>
#include <thread>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/publishing.hpp"
#include "support/scale.hpp"
#include "support/self_checking.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "fork";

class Fork : public ::testing::Test {
 protected:
  void SetUp() override {
    producer_.emplace(ringmain::Producer::create(kName, {.directory = directory_.path(), .capacity = kCapacity}));
    consumer_.emplace(attach(""));
    member_.emplace(attach("workers"));
  }

  ringmain::Consumer attach(const char* group, bool spectator = false) const {
    return ringmain::Consumer::attach(kName, {.directory = directory_.path(), .group = group, .spectator = spectator});
  }

  Status publish() {
    const auto bytes = stream_.message(next_, producer_->position());
    const Status status = producer_->try_publish(bytes, Stream::type_of(next_));
    if (status == Status::kOk) ++next_;
    return status;
  }
  // The next message of `consumer` is number `number`.
  ::testing::AssertionResult receives(ringmain::Consumer& consumer, std::uint64_t number) const {
    const Message message = consumer.receive_for(std::chrono::seconds(5));
    if (!message) return ::testing::AssertionFailure() << describe(message.status());
    if (!stream_.is(number, message)) return ::testing::AssertionFailure() << "not message " << number;
    return ::testing::AssertionSuccess();
  }

  // A member looks after its dead fellows whenever it looks for a message.
  void bury_members() {
    wait_until([&] {
      EXPECT_EQ(member_->try_receive().status(), Status::kEmpty);
      return ringmain::statistics(kName, directory_.path()).consumers.size() == 2;
    });
  }

  // The parent's handles work, nobody else's do.
  void expect_unharmed(std::uint64_t unread) {
    const Statistics statistics = ringmain::statistics(kName, directory_.path());
    EXPECT_EQ(statistics.messages, next_);
    EXPECT_TRUE(statistics.producer_alive);
    EXPECT_FALSE(statistics.closed);
    ASSERT_EQ(statistics.consumers.size(), 2u);
    for (const auto& line : statistics.consumers) EXPECT_TRUE(line.alive && !line.evicted);
    EXPECT_EQ(publish(), Status::kOk);
    for (std::uint64_t number = unread; number < next_; ++number) {
      EXPECT_TRUE(receives(*consumer_, number));
      EXPECT_TRUE(receives(*member_, number));
    }
  }

  // Follows the stream from its beginning, each message checked.
  void follow_to_end(ringmain::Consumer& consumer) const {
    for (std::uint64_t number = 0;; ++number) {
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) return;
      ASSERT_TRUE(message) << describe(message.status());
      ASSERT_TRUE(stream_.is(number, message)) << "not message " << number;
    }
  }

  void TearDown() override {
    consumer_.reset();
    member_.reset();
    producer_.reset();
    EXPECT_TRUE(ringmain::statistics(kName, directory_.path()).consumers.empty());
    ringmain::remove(kName, directory_.path());
    EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
  }

  static constexpr std::size_t kCapacity = std::size_t{64} << 10;
  const Watchdog watchdog_{60};
  TemporaryDirectory directory_;
  Stream stream_{6, 16, 300};
  std::uint64_t next_ = 0;
  std::optional<ringmain::Producer> producer_;
  std::optional<ringmain::Consumer> consumer_;
  std::optional<ringmain::Consumer> member_;
};

void require_status(Status found, Status expected, const char* what) {
  require(found == expected, std::string(what) + ": " + describe(found));
}

TEST_F(Fork, ChildsHandlesHaveLostTheirLease) {
  ASSERT_EQ(publish(), Status::kOk);
  Child child([&] {
    const std::array<std::byte, 8> bytes{};
    const std::array<std::span<const std::byte>, 1> batch{bytes};
    require_status(producer_->publish(bytes), Status::kLeaseLost, "publish");
    require_status(producer_->try_publish(bytes), Status::kLeaseLost, "try_publish");
    require_status(producer_->publish({}), Status::kLeaseLost, "publish nothing");
    require_status(producer_->publish_batch(batch), Status::kLeaseLost, "publish_batch");
    require_status(producer_->claim(8).status(), Status::kLeaseLost, "claim");
    require_status(producer_->wait_for_consumers(1), Status::kLeaseLost, "wait_for_consumers");
    for (ringmain::Consumer* consumer : {&*consumer_, &*member_}) {
      require_status(consumer->receive().status(), Status::kLeaseLost, "receive");
      require_status(consumer->try_receive().status(), Status::kLeaseLost, "try_receive");
      std::array<std::byte, 64> buffer{};
      require_status(consumer->read(buffer).status, Status::kLeaseLost, "read");
      require_status(consumer->poll([](const Message&) {}, 1).status, Status::kLeaseLost, "poll");
    }
    producer_->close();
    consumer_.reset();
    member_.reset();
    producer_.reset();
  });
  EXPECT_EQ(child.wait(), 0);
  expect_unharmed(0);
}

TEST_F(Fork, ChildThatEndsByItselfHarmsNobody) {
  ASSERT_EQ(publish(), Status::kOk);
  Child child([&] { ::usleep(1000); });  // its copies are never destroyed
  EXPECT_EQ(child.wait(), 0);
  expect_unharmed(0);
}

TEST_F(Fork, WhileAMessageIsBorrowed) {
  ASSERT_EQ(publish(), Status::kOk);
  ASSERT_EQ(publish(), Status::kOk);
  Message mine = consumer_->receive();
  Message shared = member_->receive();
  ASSERT_TRUE(mine && shared);
  const auto positions = [&] {
    std::vector<std::uint64_t> result;
    for (const auto& line : ringmain::statistics(kName, directory_.path()).consumers) result.push_back(line.position);
    return result;
  };
  const auto before = positions();
  Child child([&] {
    mine.release();
    shared.release();
    require_status(consumer_->try_receive().status(), Status::kLeaseLost, "try_receive");
    consumer_.reset();
    member_.reset();
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(positions(), before);
  EXPECT_TRUE(stream_.is(0, mine));
  EXPECT_TRUE(stream_.is(0, shared));
  mine.release();
  shared.release();
  expect_unharmed(1);
}

TEST_F(Fork, WhileAClaimIsOpen) {
  ASSERT_EQ(publish(), Status::kOk);
  const std::size_t length = stream_.length_of(next_);
  Claim claim = producer_->claim(length);
  ASSERT_TRUE(claim);
  Child child([&] {
    claim.commit(8, 0);
    require_status(producer_->try_publish({}), Status::kLeaseLost, "try_publish");
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(ringmain::statistics(kName, directory_.path()).messages, 1u);
  stream_.write(next_, producer_->position(), claim.bytes());
  claim.commit(Stream::type_of(next_));
  ++next_;
  expect_unharmed(0);
}

// One thread is in the midst of a publish, or of a wait, two others of a receive, when another one forks.
TEST_F(Fork, FromAThreadWhileOthersAreInTheMidstOfIt) {
  const int forks = proof_scaled(150, 3000);
  std::atomic<bool> done{false};
  std::thread publishing([&] {
    MixedPublisher publisher(*producer_, stream_, 23);
    while (!done.load()) publisher.step(~std::uint64_t{0});
    next_ = publisher.next();
    producer_->close();
  });
  std::thread following([&] { follow_to_end(*consumer_); });
  std::thread sharing([&] { follow_to_end(*member_); });
  for (int i = 0; i < forks && !HasFailure(); ++i) {
    Child child([&] {
      const std::array<std::byte, 8> bytes{};
      require_status(producer_->try_publish(bytes), Status::kLeaseLost, "try_publish");
      require_status(producer_->publish({}), Status::kLeaseLost, "publish");
      require_status(consumer_->try_receive().status(), Status::kLeaseLost, "try_receive");
      require_status(member_->try_receive().status(), Status::kLeaseLost, "try_receive");
      if (i % 2 != 0) return;
      producer_.reset();
      consumer_.reset();
      member_.reset();
    });
    EXPECT_EQ(child.wait(), 0);
  }
  done.store(true);
  publishing.join();
  following.join();
  sharing.join();
  EXPECT_EQ(ringmain::statistics(kName, directory_.path()).messages, next_);
  std::printf("PROOF fork from a thread: %d forks, %lu messages meanwhile, 0 bad\n", forks, next_);
}

// A batch that waits for room is not published yet; what the child does to its end of it, nobody sees.
TEST_F(Fork, WhileABatchWaitsForRoom) {
  while (publish() == Status::kOk) {
  }
  const std::uint64_t full = next_;
  const auto first = stream_.message(next_, producer_->position());
  const auto second = stream_.message(next_ + 1, producer_->position() + algorithm::extent_of(first.size()));
  const std::array<std::span<const std::byte>, 2> batch{first, second};
  const std::uint64_t waits = ringmain::statistics(kName, directory_.path()).room_waits;
  std::thread publishing([&] { EXPECT_EQ(producer_->publish_batch(batch, kBatchType), Status::kOk); });
  wait_until([&] { return ringmain::statistics(kName, directory_.path()).room_waits > waits; });
  Child child([&] { require_status(producer_->publish_batch(batch), Status::kLeaseLost, "publish_batch"); });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(ringmain::statistics(kName, directory_.path()).messages, full);
  for (std::uint64_t number = 0; number < full; ++number) {
    EXPECT_TRUE(receives(*consumer_, number));
    EXPECT_TRUE(receives(*member_, number));
  }
  publishing.join();
  next_ += batch.size();
  expect_unharmed(full);
}

// The program that it becomes has none of our descriptors, so it keeps no lease when we are dead.
TEST_F(Fork, AndExec) {
  consumer_.reset();
  member_.reset();
  producer_.reset();
  const Shared<std::atomic<pid_t>> program;
  Child parent([&] {
    auto producer = ringmain::Producer::open(kName, {.directory = directory_.path()});
    auto consumer = attach("");
    auto member = attach("workers");
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::execl("/bin/sleep", "sleep", "1000", nullptr);
      ::_exit(127);
    }
    program->store(pid);
    for (;;) ::pause();
  });
  wait_until([&] { return program->load() != 0 || parent.ended(); });
  const std::string process = "/proc/" + std::to_string(program->load());
  wait_until([&] {
    return std::filesystem::read_symlink(process + "/exe") != std::filesystem::read_symlink("/proc/self/exe");
  });
  for (const auto& open : std::filesystem::directory_iterator(process + "/fd")) {
    EXPECT_FALSE(std::filesystem::read_symlink(open).native().starts_with(directory_.path().native()));
  }
  parent.kill();
  EXPECT_FALSE(ringmain::statistics(kName, directory_.path()).producer_alive);
  for (const auto& line : ringmain::statistics(kName, directory_.path()).consumers) EXPECT_FALSE(line.alive);
  EXPECT_EQ(::kill(program->load(), SIGKILL), 0);
  producer_.emplace(ringmain::Producer::open(kName, {.directory = directory_.path()}));
  consumer_.emplace(attach(""));
  member_.emplace(attach("workers"));
  bury_members();
  expect_unharmed(0);
}

// A grandchild that outlives its parent, but not the test.
class Orphan {
 public:
  Orphan() = default;
  Orphan(const Orphan&) = delete;
  Orphan& operator=(const Orphan&) = delete;
  ~Orphan() {
    if (lives()) ::kill(pid_->load(), SIGKILL);
  }

  // In its parent.
  [[noreturn]] void fork_and_wait() const {
    if (::fork() == 0) pid_->store(::getpid());  // by itself: until it runs, it holds what its parent held
    for (;;) ::pause();
  }
  bool lives() const { return pid_->load() > 0; }

 private:
  Shared<std::atomic<pid_t>> pid_;
};

TEST_F(Fork, ChildDoesntKeepTheLeasesOfADeadParent) {
  const Orphan grandchild;
  consumer_.reset();
  member_.reset();
  producer_.reset();
  Child parent([&] {
    auto producer = ringmain::Producer::open(kName, {.directory = directory_.path()});
    auto consumer = attach("");
    auto member = attach("workers");
    auto spectator = attach("", /*spectator=*/true);
    grandchild.fork_and_wait();
  });
  wait_until([&] { return grandchild.lives() || parent.ended(); });
  parent.kill();
  EXPECT_FALSE(ringmain::statistics(kName, directory_.path()).producer_alive);
  for (const auto& line : ringmain::statistics(kName, directory_.path()).consumers) EXPECT_FALSE(line.alive);
  producer_.emplace(ringmain::Producer::open(kName, {.directory = directory_.path()}));
  consumer_.emplace(attach(""));
  member_.emplace(attach("workers"));
  bury_members();
  expect_unharmed(0);
}

TEST_F(Fork, ChildMayTakePartByHandlesOfItsOwn) {
  Child child([&] {
    auto own = attach("");
    const Message message = own.receive();
    require(stream_.is(0, message), "wrong message");
  });
  ASSERT_EQ(producer_->wait_for_consumers(3), Status::kOk);
  ASSERT_EQ(publish(), Status::kOk);
  EXPECT_EQ(child.wait(), 0);
  expect_unharmed(0);
}

// A daemon's closefrom(): the leases are gone, and the handles find out where they look.
TEST_F(Fork, DescriptorsClosedBehindOurBack) {
  Child child([&] {
    auto own = attach("");
    auto member = attach("workers");
    auto spectator = attach("", /*spectator=*/true);
    ::close_range(3, ~0u, 0);
    require_status(own.receive_for(std::chrono::seconds(5)).status(), Status::kLeaseLost, "consumer");
    require_status(member.receive_for(std::chrono::seconds(5)).status(), Status::kLeaseLost, "member");
  });
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(producer_->wait_for_consumers(1), Status::kOk);  // buries
  bury_members();
  expect_unharmed(0);
}

TEST_F(Fork, ProducersDescriptorsClosedBehindItsBack) {
  producer_.reset();
  Child child([&] {
    auto producer = ringmain::Producer::open(kName, {.directory = directory_.path()});
    ::close_range(3, ~0u, 0);
    const std::array<std::byte, 1000> bytes{};
    Status status = Status::kOk;  // of the hot path, until the ring is full
    while (status == Status::kOk) status = producer.publish(bytes);
    require_status(status, Status::kLeaseLost, "publish");
    require_status(producer.publish({}), Status::kLeaseLost, "publish again");
  });
  EXPECT_EQ(child.wait(), 0);
  producer_.emplace(ringmain::Producer::open(kName, {.directory = directory_.path()}));
  EXPECT_FALSE(ringmain::statistics(kName, directory_.path()).closed);
}

// What was opened meanwhile under the old numbers belongs to somebody else.
TEST_F(Fork, HandlesDontCloseTheDescriptorsOfOthers) {
  Child child([&] {
    std::optional producer(
        ringmain::Producer::create("another", {.directory = directory_.path(), .capacity = kCapacity}));
    std::optional own(attach(""));
    std::optional member(attach("workers"));
    ::close_range(3, ~0u, 0);
    std::array<int, 32> others{};
    for (int& other : others) other = ::open("/dev/zero", O_RDWR);
    require(producer->wait_for_consumers(1, std::chrono::seconds(5)) == Status::kLeaseLost, "waits");
    member.reset();
    own.reset();
    producer->abandon();
    producer.reset();
    for (const int other : others) require(::fcntl(other, F_GETFD) >= 0, "closed " + std::to_string(other));
  });
  EXPECT_EQ(child.wait(), 0);
  ringmain::remove("another", directory_.path());
  EXPECT_EQ(producer_->wait_for_consumers(1), Status::kOk);    // buries
  EXPECT_EQ(member_->try_receive().status(), Status::kEmpty);  // the living weren't taken for dead
  bury_members();
  expect_unharmed(0);
}

}  // namespace
}  // namespace ringmain::testing
