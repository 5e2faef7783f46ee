// Who may do what, as the kernel enforces it.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

namespace fs = std::filesystem;

class PermissionTest : public HostileTest {
 protected:
  void SetUp() override {
    if (!may_change_user()) GTEST_SKIP() << "becoming another user needs root";
    fs::permissions(directory(), fs::perms::all | fs::perms::sticky_bit);
  }

  RingOptions of_mode(mode_t mode, const std::string& group = {}) const {
    RingOptions options = making();
    options.mode = mode;
    options.group = group;
    return options;
  }
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
  }

  void require_no_producing() const {
    const std::initializer_list<std::string_view> words = {"'ring'", "no permission", "mode and group"};
    require_refused([&] { (void)Producer::open("ring", opening()); }, Status::kNoPermission, words);
    require_refused([&] { ringmain::remove("ring", directory()); }, Status::kNoPermission, {"'ring'"});
    require_refused([&] { ringmain::remove("ring", directory(), true); }, Status::kNoPermission, {"'ring'"});
  }
  void require_no_consuming() const {
    const std::initializer_list<std::string_view> words = {"'ring'", "no permission", "mode and group"};
    require_refused([&] { (void)Consumer::attach("ring", attaching()); }, Status::kNoPermission, words);
    require_refused([&] { (void)Consumer::attach("ring", joining("group")); }, Status::kNoPermission, words);
    require_refused([&] { remove_group("ring", "group", directory()); }, Status::kNoPermission, {"'ring'"});
  }
  void require_no_watching() const {
    const std::initializer_list<std::string_view> words = {"'ring'", "no permission", "mode and group"};
    require_refused([&] { (void)Consumer::attach("ring", watching()); }, Status::kNoPermission, words);
    require_refused([&] { (void)statistics("ring", directory()); }, Status::kNoPermission, words);
  }
  // Tries to make each page of the ring that the library has mapped writable. How many there are.
  int attack_own_mappings() const {
    int pages = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      std::uintptr_t begin = 0;
      std::uintptr_t end = 0;
      if (line.find(directory().native()) == std::string::npos) continue;
      require(std::sscanf(line.c_str(), "%lx-%lx", &begin, &end) == 2, "a line of maps");
      require(line.find(" r--s ") != std::string::npos, "a mapping that isn't read-only: " + line);
      for (; begin < end; begin += 4096, ++pages) {
        const int result = ::mprotect(reinterpret_cast<void*>(begin), 4096, PROT_READ | PROT_WRITE);
        require(result != 0 && errno == EACCES, "made writable");
      }
    }
    return pages;
  }
  // Of both files: the slots, and what consumers write.
  std::array<std::vector<std::byte>, 3> content() const {
    const RawFile ring(ring_path() / "ring");
    const RawFile consumers(ring_path() / "consumers");
    const auto copy = [](std::span<const std::byte> bytes) { return std::vector(bytes.begin(), bytes.end()); };
    return {copy(ring.bytes().subspan(kProducerOffset, kSlotsOffset - kProducerOffset)),
            copy(ring.bytes().subspan(kSlotsOffset)), copy(consumers.bytes())};
  }
  void require_watching() const {
    auto spectator = Consumer::attach("ring", watching(Start::oldest()));
    require(text_of(spectator.receive()) == "hello", "watching");
    const auto state = statistics("ring", directory());
    require(state.messages == 1 && state.producer_alive, "statistics");
  }
  void require_consuming() const {
    auto consumer = Consumer::attach("ring", attaching(Start::oldest()));
    require(text_of(consumer.receive()) == "hello", "consuming");
    auto member = Consumer::attach("ring", joining("group", Start::oldest()));
    require(text_of(member.receive()) == "hello", "sharing");
  }
};

TEST_F(PermissionTest, by_default_a_ring_is_for_its_owner) {
  auto producer = Producer::create("ring", making());
  EXPECT_EQ(mode_of(ring_path()), 0700U);
  EXPECT_EQ(mode_of(ring_path() / "ring"), 0600U);
  EXPECT_EQ(mode_of(ring_path() / "consumers"), 0600U);
  EXPECT_EQ(as_stranger([&] {
              require_no_producing();
              require_no_consuming();
              require_no_watching();
              require(list(directory()) == std::vector<std::string>{"ring"}, "the name is no secret");
            }),
            0);
}

TEST_F(PermissionTest, a_name_that_somebody_else_took_is_taken) {
  auto producer = Producer::create("ring", making());
  EXPECT_EQ(as_stranger([&] {
              require_refused([&] { (void)Producer::create("ring", making()); }, Status::kExists, {"'ring'"});
            }),
            0);
  EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
}

TEST_F(PermissionTest, who_may_read_may_watch) {
  auto producer = Producer::create("ring", of_mode(0644));
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(as_stranger([&] {
              require_no_producing();
              require_no_consuming();
              require_watching();
            }),
            0);
}

TEST_F(PermissionTest, who_may_write_may_consume_but_not_produce) {
  auto producer = Producer::create("ring", of_mode(0666));
  EXPECT_EQ(mode_of(ring_path() / "ring"), 0644U);
  EXPECT_EQ(mode_of(ring_path() / "consumers"), 0666U);
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(as_stranger([&] {
              require_no_producing();
              require_watching();
              require_consuming();
            }),
            0);
  producer.close();
  EXPECT_EQ(as_stranger([&] { require_no_producing(); }), 0);
}

TEST_F(PermissionTest, who_may_write_may_read_too) {
  auto producer = Producer::create("ring", of_mode(0622));
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(as_stranger([&] { require_consuming(); }), 0);
}

TEST_F(PermissionTest, a_group_is_let_in_by_number_and_by_name) {
  constexpr gid_t kMembers = 4242;
  for (const char* group : {"4242", "daemon"}) {
    auto producer = Producer::create("ring", of_mode(0660, group));
    ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
    struct stat status {};
    ASSERT_EQ(::stat((ring_path() / "consumers").c_str(), &status), 0);
    EXPECT_EQ(group == std::string("4242"), status.st_gid == kMembers);
    EXPECT_EQ(as_stranger(
                  [&] {
                    require_no_producing();
                    require_consuming();
                    require_watching();
                  },
                  status.st_gid),
              0)
        << group;
    EXPECT_EQ(as_stranger([&] {
                require_no_consuming();
                require_no_watching();
              }),
              0)
        << group;
    ringmain::remove("ring", directory(), true);
  }
}

TEST_F(PermissionTest, a_group_that_is_not_there_or_not_ours_is_refused) {
  EXPECT_TRUE(refused([&] { (void)Producer::create("ring", of_mode(0660, "no-such-group")); }, Status::kBadOption,
                      {"group 'no-such-group'"}));
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(as_stranger([&] {
              require_refused([&] { (void)Producer::create("ring", of_mode(0660, "0")); }, Status::kNoPermission,
                              {"'0'"});
              require(entries().empty(), "something was left behind");
            }),
            0);
}

TEST_F(PermissionTest, the_umask_makes_no_difference) {
  const auto make_under = [&](mode_t mask) {
    ::umask(mask);
    auto producer = Producer::create("ring", of_mode(0640));
    auto consumer = Consumer::attach("ring", attaching());
    require(mode_of(ring_path()) == 0750 && mode_of(ring_path() / "ring") == 0640 &&
                mode_of(ring_path() / "consumers") == 0640,
            "modes");
    ringmain::remove("ring", directory(), true);
    require(entries().empty(), "something was left behind");
  };
  for (const mode_t mask : {0U, 022U, 077U, 0277U, 0777U}) {
    EXPECT_EQ(in_child([&] { make_under(mask); }), 0) << "umask " << std::oct << mask;
    EXPECT_EQ(as_stranger([&] { make_under(mask); }), 0) << "umask of an ordinary user " << std::oct << mask;
  }
}

TEST_F(PermissionTest, a_directory_that_may_not_be_written_is_told) {
  fs::permissions(directory(), fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  auto producer = Producer::create("mine", of_mode(0666));
  EXPECT_EQ(as_stranger([&] {
              require_refused([&] { (void)Producer::create("ring", making()); }, Status::kNoPermission,
                              {"'ring'", directory().native()});
              auto consumer = Consumer::attach("mine", attaching());
            }),
            0);
  fs::permissions(directory(), fs::perms::owner_all);
  EXPECT_EQ(as_stranger([&] {
              require_refused([&] { (void)Consumer::attach("mine", attaching()); }, Status::kNoPermission, {"'mine'"});
              require_refused([&] { (void)list(directory()); }, Status::kNoPermission, {directory().native()});
            }),
            0);
}

// Such a directory can be written and entered but not listed.
TEST_F(PermissionTest, nothing_is_left_behind_in_a_directory_that_may_not_be_listed) {
  fs::permissions(directory(),
                  fs::perms::owner_all | fs::perms::others_write | fs::perms::others_exec | fs::perms::sticky_bit);
  EXPECT_EQ(as_stranger([&] {
              { auto ring = Producer::create("ring", making()); }
              require_refused([&] { (void)Producer::create("ring", making()); }, Status::kExists);
              require_refused([&] { (void)Producer::create("other", of_mode(0660, "no-such-group")); },
                              Status::kBadOption);
              ringmain::remove("ring", directory());
            }),
            0);
  EXPECT_EQ(entries(), std::vector<std::string>{});
}

TEST_F(PermissionTest, the_kernel_keeps_consumers_from_the_rings_memory) {
  auto producer = Producer::create("ring", of_mode(0666));
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(
      as_stranger([&] {
        const std::string path = ring_path() / "ring";
        require(::open(path.c_str(), O_RDWR) < 0 && errno == EACCES, "opened to write");
        require(::open(path.c_str(), O_RDONLY | O_TRUNC) < 0 && errno == EACCES, "truncated by opening");
        require(::truncate(path.c_str(), 0) != 0 && errno == EACCES, "truncated");
        require(::unlink(path.c_str()) != 0 && errno == EACCES, "unlinked");
        require(::chmod(path.c_str(), 0666) != 0 && errno == EPERM, "changed the mode");
        const int file = ::open(path.c_str(), O_RDONLY);
        require(file >= 0, "read");
        require(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) == MAP_FAILED && errno == EACCES,
                "mapped");
        void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED, file, 0);
        require(page != MAP_FAILED, "mapped to read");
        require(::mprotect(page, 4096, PROT_READ | PROT_WRITE) != 0 && errno == EACCES, "made writable");
        require(::open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDWR) < 0 && errno == EACCES, "reopened");
        require(::fchmod(file, 0666) != 0 && ::ftruncate(file, 0) != 0, "changed through the descriptor");
        require(::fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) != 0, "punched");
      }),
      0);
  EXPECT_EQ(statistics("ring", directory()).messages, 1U);
}

// It sleeps and wakes as others do, and neither it nor what it does with the library's own mappings changes one byte.
TEST_F(PermissionTest, who_may_read_waits_for_messages_and_changes_nothing) {
  constexpr int kMessages = 100;
  const Shared<std::atomic<int>> pages;
  const Shared<std::atomic<bool>> there;
  Child stranger([&] {
    become_stranger();
    auto options = watching();
    options.spin = std::chrono::nanoseconds{0};
    options.wait_for_ring = kForever;
    auto spectator = Consumer::attach("ring", options);
    *there = true;
    for (int i = 0; i < kMessages; ++i) {
      const Message message = spectator.receive();
      require(text_of(message) == std::to_string(i), std::string("receive: ") + describe(message.status()));
    }
    require(spectator.receive().status() == Status::kEnd, "no end");
    *pages = attack_own_mappings();
    for (const char* name : {"ring", "consumers"}) {
      require(::open((ring_path() / name).c_str(), O_RDWR) < 0 && errno == EACCES, "opened to write");
      require(::open((ring_path() / name).c_str(), O_WRONLY) < 0 && errno == EACCES, "opened to write");
      require(::truncate((ring_path() / name).c_str(), 0) != 0, "truncated");
    }
  });
  auto producer = Producer::create("ring", of_mode(0644));
  auto slow = Consumer::attach("ring", attaching());  // holds what the stranger is to see
  wait_until([&] { return there->load() || stranger.ended(); });
  for (int i = 0; i < kMessages; ++i) {
    if (i % 10 == 0) ::usleep(5000);  // so that it sleeps
    ASSERT_EQ(producer.publish(bytes_of(std::to_string(i))), Status::kOk);
  }
  const auto before = content();
  producer.close();
  EXPECT_EQ(stranger.wait(), 0);
  auto after = content();
  const RawFile ring(ring_path() / "ring");
  EXPECT_EQ(ring.lines().end.load(), ring.lines().tail.load() + 1);  // what the producer itself has changed since
  after[0] = before[0];
  EXPECT_EQ(after, before);
  EXPECT_EQ(*pages, static_cast<int>(kSlotsOffset + 2 * kCapacity + kConsumersBytes) / 4096);
  std::printf(
      "PROOF read-only stranger: %d messages waited for, %d pages that could not be made writable, 0 bytes changed\n",
      kMessages, pages->load());
}

// Not even its owner, by mistake: what a consumer is given is mapped read-only.
TEST_F(PermissionTest, a_consumer_that_writes_to_a_message_dies_and_nobody_else_notices) {
  auto producer = Producer::create("ring", making());
  auto witness = Consumer::attach("ring", attaching());
  ASSERT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  for (const bool spectating : {false, true}) {
    EXPECT_EQ(in_child([&] {
                ::signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would make an exit of it
                auto consumer =
                    Consumer::attach("ring", spectating ? watching(Start::oldest()) : attaching(Start::oldest()));
                const Message message = consumer.receive();
                require(text_of(message) == "hello", "receive");
                *const_cast<volatile std::byte*>(message.bytes().data()) = std::byte{'J'};
              }),
              -SIGSEGV);
  }
  EXPECT_EQ(text_of(witness.try_receive()), "hello");
  ASSERT_EQ(producer.publish(bytes_of("goes on")), Status::kOk);
  EXPECT_EQ(text_of(witness.try_receive()), "goes on");
}

}  // namespace
}  // namespace ringmain::testing
