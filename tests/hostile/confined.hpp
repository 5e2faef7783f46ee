// Parts of a test that need a process of their own: to die, to be somebody else, to have other file systems.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "support/child.hpp"
#include "support/scale.hpp"

namespace ringmain::testing {

// How a child that does `work` ends: 0, 1 (it threw; why is on stderr), or minus the signal that killed it. Whoever waits
// for ever is killed, too.
template <class Work>
int in_child(Work&& work, unsigned seconds = 30) {
  return Child([&] {
           ::alarm(seconds);
           work();
         })
      .wait();
}

// Ends the process by a signal when it has used a second of processor time since the last call, or slept for a minute: a
// busy machine makes neither of an honest process.
inline void expect_no_hang() {
  ::alarm(60);
  itimerval limit{};
  limit.it_value.tv_sec = kSanitized ? 20 : 1;
  ::setitimer(ITIMER_PROF, &limit, nullptr);
}

// The longest of many calls, by the processor time that it took.
class LongestCall {
 public:
  template <class Call>
  auto time(Call&& call) {
    const auto begin = now();
    auto result = std::forward<Call>(call)();
    longest_ = std::max(longest_, now() - begin);
    return result;
  }
  std::chrono::nanoseconds longest() const { return longest_; }
  bool is_no_hang() const { return longest_ < std::chrono::seconds(kSanitized ? 20 : 1); }

 private:
  static std::chrono::nanoseconds now() {
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  }
  std::chrono::nanoseconds longest_{0};
};

inline constexpr uid_t kStranger = 65534;
inline constexpr gid_t kStrangersGroup = 65534;

inline bool may_change_user() { return ::geteuid() == 0; }

inline void become_stranger(gid_t group = kStrangersGroup) {
  const bool done = ::setgroups(0, nullptr) == 0 && ::setresgid(group, group, group) == 0 &&
                    ::setresuid(kStranger, kStranger, kStranger) == 0;
  require(done, "can't become somebody else");
  ::prctl(PR_SET_DUMPABLE, 1);  // or /proc/self would still belong to root
}

// As an unprivileged user, who may belong to `group`.
template <class Work>
int as_stranger(Work&& work, gid_t group = kStrangersGroup) {
  return in_child([&] {
    become_stranger(group);
    work();
  });
}

// Mounts a tmpfs of `options` on `directory`, for this process (and its children) alone. False: not permitted.
inline bool mount_own_tmpfs(const std::filesystem::path& directory, const std::string& options) {
  const uid_t user = ::geteuid();
  const bool privileged = user == 0 && ::unshare(CLONE_NEWNS) == 0;
  if (!privileged) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
  }
  return ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         ::mount("tmpfs", directory.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

inline bool may_mount(const std::filesystem::path& directory) {
  return in_child([&] { require(mount_own_tmpfs(directory, "size=64k"), "may not mount"); }) == 0;
}

}  // namespace ringmain::testing
