// SPDX-License-Identifier: MIT
#include "fault_injection.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string_view>
#include <system_error>

#include "allocations.hpp"
#include "support/intercept.hpp"
#include "support/scale.hpp"

namespace ringmain::testing {

namespace {

constexpr int kFutexWaitv = 449;

bool contains(const std::vector<int>& numbers, int number) {
  return std::ranges::find(numbers, number) != numbers.end();
}

struct Calls {
  const char* name;
  std::vector<int> numbers;
  std::vector<int> errors;
};

// All calls that may fail, and how.
const std::vector<Calls>& all_calls() {
  static const std::vector<Calls> all{
      {"allocation", {}, {ENOMEM}},
      {"open", {SYS_open, SYS_openat}, {EMFILE, ENFILE, ENOMEM, EINTR}},
      {"mkdir", {SYS_mkdir, SYS_mkdirat}, {ENOSPC, EDQUOT}},
      {"chmod", {SYS_chmod, SYS_fchmod, SYS_fchmodat}, {EPERM}},
      {"mmap", {SYS_mmap}, {ENOMEM, EAGAIN}},
      {"madvise", {SYS_madvise}, {ENOMEM, EFAULT, ENOSYS}},
      {"fallocate", {SYS_fallocate}, {ENOSPC, EINTR}},
      {"fcntl", {SYS_fcntl}, {ENOLCK, EINTR}},
      {"rename", {SYS_rename, SYS_renameat, SYS_renameat2}, {EIO, ENOSPC}},
      {"unlink", {SYS_unlink, SYS_unlinkat, SYS_rmdir}, {EIO}},
      {"stat", {SYS_fstat, SYS_newfstatat, SYS_statx, SYS_access}, {EIO, ENOMEM}},
      {"statfs", {SYS_statfs, SYS_fstatfs}, {ENOSYS, EINTR}},
      {"read", {SYS_read, SYS_pread64}, {EIO, EINTR}},
      {"write", {SYS_pwrite64}, {EIO, ENOSPC, EINTR}},
      {"write an event", {SYS_write}, {EINTR}},
      {"getdents", {SYS_getdents64}, {EIO, EINTR}},
      {"getrandom", {SYS_getrandom}, {ENOSYS, EINTR}},
      {"getrlimit", {SYS_prlimit64}, {EPERM}},
      {"memfd_create", {SYS_memfd_create}, {EMFILE, ENOSYS}},
      {"eventfd", {SYS_eventfd2}, {EMFILE}},
      {"clone", {SYS_clone, SYS_clone3}, {EAGAIN}},
      {"nanosleep", {SYS_nanosleep, SYS_clock_nanosleep}, {EINTR}},
      {"futex", {SYS_futex}, {ENOSYS, EPERM, EINTR}},
      {"futex_waitv", {kFutexWaitv}, {ENOSYS, EPERM, ENOMEM, EINTR}},
      {"io_uring_setup", {SYS_io_uring_setup}, {EPERM, ENOSYS, ENOMEM}},
      {"io_uring_enter", {SYS_io_uring_enter}, {EAGAIN, EBUSY, EINTR}},
      // Last: who is refused once fences for himself from then on, for as long as the process lives.
      {"membarrier", {SYS_membarrier}, {EPERM, ENOSYS}},
  };
  return all;
}

// Those that can't fail; whose failure nobody needs to know of; and the tests' own.
bool is_harmless(int number) {
  constexpr int kAll[] = {SYS_close,          SYS_munmap,          SYS_mprotect, SYS_brk,
                          SYS_getpid,         SYS_gettid,          SYS_geteuid,  SYS_clock_gettime,
                          SYS_rt_sigprocmask, SYS_rt_sigaction,    SYS_exit,     SYS_sched_yield,
                          SYS_rseq,           SYS_set_robust_list, SYS_poll,     SYS_sched_getaffinity};
  return std::ranges::find(kAll, number) != std::end(kAll);
}

constexpr std::size_t kLargest = std::size_t{1} << 24;  // mapping of a small ring

// Calls of the library alone: not of the allocator, which maps memory of its own, and not of who makes threads.
bool is_ours(const seccomp_data& call, int error) {
  const bool asks_for_lock = call.args[1] == F_OFD_SETLK || call.args[1] == F_OFD_GETLK;
  if (call.nr == SYS_fcntl) return asks_for_lock || error != EINTR;  // no other can be interrupted
  if (call.nr == SYS_futex) return call.args[1] == FUTEX_WAIT || call.args[1] == FUTEX_WAKE;  // threads use others
  if (call.nr == SYS_madvise) return call.args[2] == 22 || call.args[2] == 23;  // MADV_POPULATE_READ, _WRITE
  if (call.nr != SYS_mmap) return true;
  return (call.args[3] & MAP_SHARED) != 0 || (call.args[2] == PROT_NONE && call.args[1] < kLargest);
}
bool reserves(const seccomp_data& call) {
  return call.nr == SYS_mmap && call.args[2] == PROT_NONE && call.args[1] < kLargest && (call.args[3] & MAP_STACK) == 0;
}

}  // namespace

FaultInjectionTest::Holdings FaultInjectionTest::holdings() const {
  Holdings now;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++now.descriptors;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    for (const std::string_view of : {directory().c_str(), "/memfd:", "anon_inode:"}) {
      if (line.find(of) != std::string::npos) ++now.mappings;
    }
  }
  return now;
}

void FaultInjectionTest::Reservations::add(std::uint64_t bytes) {
  for (OfSize& size : sizes) {
    if (size.bytes != bytes && size.bytes != 0) continue;
    size.bytes = bytes;
    ++size.count;
    return;
  }
}
void FaultInjectionTest::Reservations::subtract(std::uint64_t bytes) {
  for (OfSize& size : sizes) size.count -= size.bytes == bytes ? 1 : 0;
}

FaultInjectionTest::Outcome FaultInjectionTest::run_with_fault(const Operation& operation, const Fault& fault,
                                                               int nth) {
  Outcome outcome;
  int calls = 0;
  std::vector<int> watched = fault.numbers;
  watched.insert(watched.end(), {SYS_mmap, SYS_munmap});
  watched.insert(watched.end(), operation.forbidden.begin(), operation.forbidden.end());
  const auto on_call = [&](const seccomp_data& call) {
    if (contains(operation.forbidden, call.nr)) return EPERM;
    if (contains(fault.numbers, call.nr) && is_ours(call, fault.error) && (++calls == nth || nth == 0)) {
      outcome.hit = true;
      return fault.error;
    }
    if (reserves(call)) outcome.reserved.add(call.args[1]);
    if (call.nr == SYS_munmap) outcome.reserved.subtract(call.args[1]);
    return 0;
  };
  const bool possible = intercept(watched, on_call, [&] {
    outcome.catch_all([&] {
      std::optional<FailingAllocation> failing;
      if (fault.numbers.empty()) failing.emplace(nth);
      operation.action();
    });
    if (fault.numbers.empty()) outcome.hit = FailingAllocation::happened();
  });
  EXPECT_TRUE(possible) << "the kernel lets nobody watch system calls";
  return outcome;
}

void FaultInjectionTest::expect_fair(const Fault& fault, int nth, const Outcome& outcome, bool same_entries) {
  EXPECT_TRUE(outcome.foreign.empty() || (fault.numbers.empty() && outcome.foreign == std::bad_alloc().what()))
      << outcome.foreign;
  for (const auto& [bytes, count] : outcome.reserved.sizes)
    EXPECT_EQ(count, 0) << bytes << " bytes of addresses are kept";
  if (!outcome.refusal) return;
  const auto& [status, message] = *outcome.refusal;
  EXPECT_NE(fault.error, EINTR) << "an interruption is no error, at call " << nth << ": " << message;
  EXPECT_NE(status, Status::kOk);
  EXPECT_TRUE(same_entries) << message;
  const bool in_words_of_its_own = status != Status::kSystem && status != Status::kNoPermission;
  EXPECT_TRUE(in_words_of_its_own || message.find(std::generic_category().message(fault.error)) != std::string::npos)
      << message;
}

// False: there is no such call, so all went well.
bool FaultInjectionTest::attempt(const Operation& operation, const Fault& fault, int nth) {
  const Holdings before = holdings();
  operation.prepare();
  const auto entries_before = entries();
  const Outcome outcome = run_with_fault(operation, fault, nth);
  expect_fair(fault, nth, outcome, operation.changes_directory || entries() == entries_before);
  try {
    operation.finish();
    (void)list(directory());  // sweeps
    for (const auto& name : list(directory())) ringmain::remove(name, directory(), true);
  } catch (const std::exception& error) {
    ADD_FAILURE() << "afterwards: " << error.what();
  }
  EXPECT_EQ(entries(), std::vector<std::string>{});
  const Holdings after = holdings();
  EXPECT_EQ(after.descriptors, before.descriptors);
  EXPECT_EQ(after.mappings, before.mappings);
  ++runs_;
  failures_ += outcome.hit ? 1 : 0;
  return outcome.hit;
}

// Else there would be one that nobody lets fail.
void FaultInjectionTest::expect_known_calls(const Operation& operation) {
  if (kSanitized) return;  // a sanitizer's own would be among them
  std::vector<int> all(kFutexWaitv + 1);
  std::iota(all.begin(), all.end(), 0);
  std::array<bool, kFutexWaitv + 1> made{};  // no set: who is watched may hold the allocator's lock
  operation.prepare();
  Outcome outcome;
  const auto note = [&](const seccomp_data& call) {
    made[static_cast<std::size_t>(call.nr)] = true;
    return 0;
  };
  ASSERT_TRUE(intercept(all, note, [&] { outcome.catch_all(operation.action); }));
  ASSERT_EQ(outcome.foreign, "");
  ASSERT_FALSE(outcome.refusal) << outcome.refusal->message;
  operation.finish();
  for (const auto& name : list(directory())) ringmain::remove(name, directory(), true);
  for (int number = 0; number <= kFutexWaitv; ++number) {
    if (!made[static_cast<std::size_t>(number)]) continue;
    const bool listed =
        std::ranges::any_of(all_calls(), [&](const Calls& calls) { return contains(calls.numbers, number); });
    EXPECT_TRUE(listed || is_harmless(number)) << "system call " << number << " is never made to fail";
  }
}

void FaultInjectionTest::expect_clean(const Operation& operation) {
  expect_known_calls(operation);
  std::size_t faults = 0;
  for (const Calls& calls : all_calls()) {
    for (const int error : calls.errors) {
      ++faults;
      const Fault fault{calls.name, calls.numbers, error};
      bool hit = true;
      // All at once, too; but who is interrupted each time never comes to an end.
      for (int nth = error == EINTR ? 1 : 0; hit; ++nth) {
        SCOPED_TRACE(std::string(fault.name) + ": " + std::generic_category().message(error) + ", at call " +
                     (nth == 0 ? std::string("any") : std::to_string(nth)));
        hit = attempt(operation, fault, nth);
        if (HasFailure()) return;  // one is enough
        ASSERT_LT(nth, 10000);
      }
    }
  }
  std::printf("PROOF starvation %s: %zu faults, %d runs, %d injected, 0 bad\n", operation.name, faults, runs_,
              failures_);
}

}  // namespace ringmain::testing
