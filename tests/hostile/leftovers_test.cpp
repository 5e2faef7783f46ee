// What dead creators and removers leave is swept; what living ones are at is not. And what happens when they meet.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <atomic>
#include <functional>
#include <optional>
#include <string_view>
#include <thread>

#include "confined.hpp"
#include "lease.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/intercept.hpp"

namespace ringmain::testing {
namespace {

namespace fs = std::filesystem;

class LeftoversTest : public HostileTest {
 protected:
  fs::path leftover(const char* kind, const char* digits = "0123456789abcdef") const {
    return directory() / (std::string("ring.ring.") + kind + "-" + digits);
  }
  static void await(const std::atomic<bool>& event) {
    while (!event) ::usleep(100);
  }
  void leave(const fs::path& path) {
    const TemporaryDirectory elsewhere;  // a create here would sweep
    { auto producer = Producer::create("ring", {.directory = elsewhere.path(), .capacity = kCapacity}); }
    fs::rename(elsewhere.path() / "ring.ring", path);
  }
};

TEST_F(LeftoversTest, of_the_dead_are_swept_by_list_create_and_remove) {
  const std::vector<std::function<void()>> sweepers = {[&] { EXPECT_TRUE(list(directory()).empty()); },
                                                       [&] { auto producer = Producer::create("other", making()); },
                                                       [&] { ringmain::remove("other", directory()); }};
  for (const auto& sweep : sweepers) {
    leave(leftover("new"));
    leave(leftover("old"));
    leave(leftover("old", "ffffffffffffffff"));
    fs::remove(leftover("old", "ffffffffffffffff") / "consumers");
    fs::create_directory(leftover("new", "aaaaaaaaaaaaaaaa"));
    sweep();
    for (const auto& name : entries()) EXPECT_EQ(name, "other.ring");
  }
  EXPECT_TRUE(entries().empty());
}

TEST_F(LeftoversTest, of_the_living_are_left_alone) {
  leave(leftover("new"));
  leave(leftover("old"));
  std::vector<std::unique_ptr<Lease>> leases;
  for (const char* kind : {"new", "old"}) {
    const auto open = [&] { return Descriptor(::open((leftover(kind) / "ring").c_str(), O_RDWR | O_CLOEXEC)); };
    leases.push_back(std::make_unique<Lease>(open));
    ASSERT_TRUE(leases.back()->take(kRemoverByte));
  }
  EXPECT_TRUE(list(directory()).empty());
  { auto producer = Producer::create("ring", making()); }
  ringmain::remove("ring", directory());
  EXPECT_EQ(entries().size(), 2U);
  leases.clear();
  EXPECT_TRUE(list(directory()).empty());
  EXPECT_TRUE(entries().empty());
}

TEST_F(LeftoversTest, that_only_look_like_some_are_left_alone) {
  const std::vector<std::string> names = {".ring.new-0123456789abcdef", "ring.new-0123456789abcdef",
                                          "ring.ring.new-0123456789abcde", "ring.ring.new-0123456789abcdeg",
                                          "ring.ring.tmp-0123456789abcdef"};
  for (const auto& name : names) fs::create_directory(directory() / name);
  EXPECT_TRUE(list(directory()).empty());
  EXPECT_EQ(entries().size(), names.size());
}

TEST_F(LeftoversTest, that_are_planted_lead_nowhere) {
  auto real = Producer::create("real", making());
  fs::create_directory_symlink(ring_path("real"), leftover("new"));
  fs::create_directory(leftover("old"));
  fs::create_symlink(ring_path("real") / "ring", leftover("old") / "ring");
  fs::create_directory(leftover("old", "aaaaaaaaaaaaaaaa"));
  ASSERT_EQ(::mkfifo((leftover("old", "aaaaaaaaaaaaaaaa") / "ring").c_str(), 0600), 0);
  EXPECT_EQ(list(directory()), std::vector<std::string>{"real"});
  auto consumer = Consumer::attach("real", attaching());
  ASSERT_EQ(real.publish(bytes_of("hello")), Status::kOk);
  EXPECT_EQ(text_of(consumer.try_receive()), "hello");
}

TEST_F(LeftoversTest, damaged_rings_do_not_stop_a_list) {
  auto producer = Producer::create("healthy", making());
  write_file(ring_path("file"), "x");
  fs::create_directory(ring_path("empty"));
  fs::create_symlink("/nowhere", ring_path("link"));
  { auto other = Producer::create("cut", making()); }
  fs::resize_file(ring_path("cut") / "ring", 100);
  write_file(directory() / "not a name.ring", "x");
  write_file(directory() / ".hidden.ring", "x");
  EXPECT_EQ(list(directory()), (std::vector<std::string>{"cut", "empty", "file", "healthy", "link"}));
}

// A sweeper looks before the creator has its lease, and takes the lease, or strikes, after the ring was given its name.
TEST_F(LeftoversTest, a_slow_sweeper_does_not_take_a_ring_that_was_born_meanwhile) {
  for (const int slow_in : {SYS_fcntl, SYS_unlinkat}) {
    std::atomic<bool> made{false};
    std::atomic<bool> looked{false};
    std::atomic<bool> born{false};  // and nobody uses it by now
    std::thread creator([&] {
      const auto before_lease = [&](const seccomp_data& call) {
        if (static_cast<int>(call.args[1]) == F_OFD_SETLK && !made.exchange(true)) await(looked);
        return 0;
      };
      EXPECT_TRUE(intercept({SYS_fcntl}, before_lease, [&] { auto producer = Producer::create("ring", making()); }));
      born = true;
    });
    std::thread sweeper([&] {
      await(made);
      const auto before_strike = [&](const seccomp_data& call) {
        if (slow_in == SYS_fcntl && static_cast<int>(call.args[1]) != F_OFD_SETLK) return 0;
        looked = true;
        await(born);
        return 0;
      };
      EXPECT_TRUE(intercept({slow_in}, before_strike, [&] { (void)list(directory()); }));
      looked = true;
    });
    creator.join();
    sweeper.join();
    EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
    EXPECT_TRUE(refused([&] { auto consumer = Consumer::attach("ring", attaching()); }, Status::kOk));
    ringmain::remove("ring", directory());
  }
}

// A remover has made sure that nobody uses the ring; then another removes it, and a new one gets the name: before the
// remover has its lease, or when it is about to rename the ring.
TEST_F(LeftoversTest, a_slow_remover_does_not_take_a_ring_that_was_born_meanwhile) {
  for (const bool early : {true, false}) {
    { auto old_ring = Producer::create("ring", making()); }
    std::optional<Producer> producer;
    int renamings = 0;
    const auto on_call = [&](const seccomp_data& call) {
      if (call.nr != SYS_fcntl) ++renamings;
      const bool taking_lease = call.nr == SYS_fcntl && static_cast<int>(call.args[1]) == F_OFD_SETLK;
      const bool now = early ? taking_lease : call.nr != SYS_fcntl;
      if (!now || producer) return 0;
      if (early) {
        ringmain::remove("ring", directory());
      } else {
        fs::remove_all(ring_path());  // as a human does, who asks for no lease
      }
      producer.emplace(Producer::create("ring", making()));
      return 0;
    };
    Refusal refusal;
    ASSERT_TRUE(intercept({SYS_fcntl, SYS_rename, SYS_renameat, SYS_renameat2}, on_call,
                          [&] { refusal = refusal_of([&] { ringmain::remove("ring", directory()); }); }));
    ASSERT_TRUE(producer);
    EXPECT_EQ(refusal.status, Status::kNotFound);
    EXPECT_EQ(renamings, early ? 0 : 2);  // there and back
    EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
    EXPECT_TRUE(refused([&] { auto consumer = Consumer::attach("ring", attaching()); }, Status::kOk));
    EXPECT_FALSE(statistics("ring", directory()).removed);
    ringmain::remove("ring", directory(), true);
  }
}

// A remover has opened the directory; then another removes the ring, and a new one gets the name: the first finds a
// directory without a file `ring`, but not by this name.
TEST_F(LeftoversTest, a_slow_remover_does_not_take_a_new_ring_for_the_rest_of_an_old_one) {
  { auto old_ring = Producer::create("ring", making()); }
  std::optional<Producer> producer;
  const auto on_call = [&](const seccomp_data& call) {
    const bool opening = std::string_view(reinterpret_cast<const char*>(call.args[1])) == "ring";
    if (!opening || producer) return 0;
    ringmain::remove("ring", directory());
    producer.emplace(Producer::create("ring", making()));
    return 0;
  };
  Refusal refusal;
  ASSERT_TRUE(
      intercept({SYS_openat}, on_call, [&] { refusal = refusal_of([&] { ringmain::remove("ring", directory()); }); }));
  ASSERT_TRUE(producer);
  EXPECT_EQ(refusal.status, Status::kNotFound);
  EXPECT_EQ(entries(), std::vector<std::string>{"ring.ring"});
}

// A remover that died after it took the name has told nobody yet.
TEST_F(LeftoversTest, that_somebody_holds_are_swept_only_when_he_was_told) {
  auto producer = Producer::create("ring", making());
  const RawFile file(ring_path() / "ring");
  fs::rename(ring_path(), leftover("old"));
  EXPECT_TRUE(list(directory()).empty());
  EXPECT_EQ(entries().size(), 1U);
  file.lines().removed = 1;
  EXPECT_TRUE(list(directory()).empty());
  EXPECT_TRUE(entries().empty());
}

}  // namespace
}  // namespace ringmain::testing
