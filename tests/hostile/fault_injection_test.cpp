// Each system call fails in turn, the first time, the second time, ... until all goes well: what then throws is an Error,
// and nothing is left behind: no descriptor, no entry, no lease.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <cerrno>
#include <optional>

#include "confined.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/intercept.hpp"

namespace ringmain::testing {
namespace {

struct Fault {
  const char* name;
  std::vector<int> numbers;
  int error;
};

std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.name; }

// Calls of the library alone, not of the allocator, which maps memory of its own.
bool is_ours(const seccomp_data& call) {
  if (call.nr != SYS_mmap) return true;
  const auto flags = call.args[3];
  return (flags & MAP_SHARED) != 0 || (call.args[2] == PROT_NONE && call.args[1] < (std::size_t{1} << 24));
}

class FaultInjectionTest : public HostileTest, public ::testing::WithParamInterface<Fault> {
 protected:
  static std::size_t open_descriptors() {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
    return count;
  }

  struct Outcome {
    bool hit = false;                  // a call was made to fail
    std::optional<Refusal> refusal{};  // nothing: all went well
    std::string foreign{};             // an exception that is no Error
  };

  // With the nth call failing (from 1), or all of them (0).
  template <class Action>
  Outcome run_with_fault(int nth, Action&& action) {
    Outcome outcome;
    int calls = 0;
    const bool possible = intercept(
        GetParam().numbers,
        [&](const seccomp_data& call) {
          if (!is_ours(call) || (++calls != nth && nth != 0)) return 0;
          outcome.hit = true;
          return GetParam().error;
        },
        [&] {
          try {
            action();
          } catch (const Error& error) {
            outcome.refusal = Refusal{error.status(), error.what()};
          } catch (const std::exception& error) {
            outcome.foreign = error.what();
          }
        });
    EXPECT_TRUE(possible) << "the kernel lets nobody watch system calls";
    return outcome;
  }

  // `prepare` before, `action` under fire, `retry` afterwards: which must succeed.
  template <class Prepare, class Action, class Retry>
  void expect_clean(Prepare&& prepare, Action&& action, Retry&& retry) {
    for (int nth = 0;; ++nth) {
      SCOPED_TRACE("failing call: " + (nth == 0 ? std::string("all") : std::to_string(nth)));
      prepare();
      const auto entries_before = entries();
      const auto descriptors_before = open_descriptors();
      const Outcome outcome = run_with_fault(nth, action);
      EXPECT_EQ(outcome.foreign, "");
      EXPECT_EQ(open_descriptors(), descriptors_before);
      if (outcome.refusal) {
        EXPECT_NE(outcome.refusal->message, "");
        EXPECT_NE(outcome.refusal->status, Status::kOk);
        EXPECT_TRUE(cleans_up_ || entries() == entries_before) << outcome.refusal->message;
      }
      EXPECT_TRUE(refused(retry, Status::kOk));
      ASSERT_NO_THROW((void)list(directory()));  // sweeps
      for (const auto& name : list(directory())) ringmain::remove(name, directory(), true);
      EXPECT_EQ(entries(), std::vector<std::string>{});
      if (HasFailure() || (!outcome.hit && nth > 0)) return;  // one is enough
      ASSERT_LT(nth, 1000);
    }
  }

  void make() const {
    auto producer = Producer::create("ring", making());
    EXPECT_EQ(producer.publish(bytes_of("hello")), Status::kOk);
  }
  void work() const {
    if (list(directory()).empty()) make();
    auto producer = Producer::open("ring", opening());
    auto consumer = Consumer::attach("ring", attaching());
    auto member = Consumer::attach("ring", joining("group"));
    require(producer.publish_for(bytes_of("again"), std::chrono::seconds(10)) == Status::kOk, "publish");
    require(text_of(consumer.receive_for(std::chrono::seconds(10))) == "again", "receive");
    require(text_of(member.receive_for(std::chrono::seconds(10))) == "again", "receive as a member");
  }

  bool cleans_up_ = false;  // the action removes entries itself, and may fail half-way: then a sweep does the rest
};

TEST_P(FaultInjectionTest, create) {
  expect_clean([] {}, [&] { make(); }, [&] { work(); });
}

TEST_P(FaultInjectionTest, create_what_exists) {
  cleans_up_ = true;
  expect_clean([&] { make(); }, [&] { (void)Producer::create("ring", making()); }, [&] { work(); });
}

TEST_P(FaultInjectionTest, create_unnamed) {
  expect_clean([] {},
               [&] {
                 auto producer = Producer::create_unnamed({.capacity = kCapacity});
                 auto consumer = Consumer::attach(producer.descriptors());
                 require(
                     producer.publish(bytes_of("hello")) == Status::kOk && text_of(consumer.try_receive()) == "hello",
                     "traffic");
               },
               [&] { work(); });
}

TEST_P(FaultInjectionTest, open) {
  expect_clean([&] { make(); },
               [&] {
                 auto producer = Producer::open("ring", opening());
                 require(producer.publish(bytes_of("hello")) == Status::kOk, "publish");
               },
               [&] { work(); });
}

TEST_P(FaultInjectionTest, attach) {
  expect_clean([&] { make(); },
               [&] {
                 auto consumer = Consumer::attach("ring", attaching(Start::oldest()));
                 const Message message = consumer.try_receive();
                 require(text_of(message) == "hello" || message.status() == Status::kLeaseLost, "receive");
               },
               [&] { work(); });
}

TEST_P(FaultInjectionTest, join) {
  expect_clean([&] { make(); },
               [&] {
                 auto consumer = Consumer::attach("ring", joining("group", Start::oldest()));
                 auto other = Consumer::attach("ring", joining("group"));
                 (void)consumer.try_receive();
               },
               [&] { work(); });
}

TEST_P(FaultInjectionTest, watch) {
  expect_clean([&] { make(); },
               [&] {
                 auto consumer = Consumer::attach("ring", watching(Start::oldest()));
                 require(text_of(consumer.try_receive()) == "hello", "receive");
               },
               [&] { work(); });
}

TEST_P(FaultInjectionTest, statistics) {
  expect_clean([&] { make(); }, [&] { require(ringmain::statistics("ring", directory()).messages == 1, "statistics"); },
               [&] { work(); });
}

TEST_P(FaultInjectionTest, list) {
  cleans_up_ = true;
  expect_clean(
      [&] {
        make();
        std::filesystem::rename(ring_path(), directory() / "ring.ring.old-0123456789abcdef");
        make();
      },
      [&] { (void)ringmain::list(directory()); }, [&] { work(); });
}

TEST_P(FaultInjectionTest, remove) {
  cleans_up_ = true;
  expect_clean([&] { make(); }, [&] { ringmain::remove("ring", directory()); }, [&] { work(); });
}

INSTANTIATE_TEST_SUITE_P(
    Calls, FaultInjectionTest,
    ::testing::Values(Fault{"open", {SYS_open, SYS_openat}, EMFILE}, Fault{"mkdir", {SYS_mkdir, SYS_mkdirat}, ENOSPC},
                      Fault{"mmap", {SYS_mmap}, ENOMEM}, Fault{"fallocate", {SYS_fallocate}, ENOSPC},
                      Fault{"fcntl", {SYS_fcntl}, ENOLCK},
                      Fault{"rename", {SYS_rename, SYS_renameat, SYS_renameat2}, EIO},
                      Fault{"memfd_create", {SYS_memfd_create}, EMFILE}, Fault{"membarrier", {SYS_membarrier}, EPERM},
                      Fault{"futex", {SYS_futex}, ENOSYS}, Fault{"fstat", {SYS_fstat, SYS_newfstatat, SYS_statx}, EIO},
                      Fault{"madvise", {SYS_madvise}, ENOMEM}, Fault{"getrandom", {SYS_getrandom}, ENOSYS},
                      Fault{"read", {SYS_pread64, SYS_read}, EIO}, Fault{"write", {SYS_pwrite64}, EIO},
                      Fault{"fchmod", {SYS_fchmod, SYS_fchmodat}, EPERM}, Fault{"unlink", {SYS_unlinkat}, EIO},
                      Fault{"getdents", {SYS_getdents64}, EIO}, Fault{"statfs", {SYS_fstatfs}, ENOSYS}),
    [](const auto& fault) { return std::string(fault.param.name); });

}  // namespace
}  // namespace ringmain::testing
