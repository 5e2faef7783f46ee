// What containers are made of: a child in namespaces of its own.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

#include "support/child.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {

// A child in pid, user, ipc and mount namespaces of its own: it is the first process of its pid namespace, and its
// /dev/shm is empty but for the directory that it shares with us.
class Container {
 public:
  template <class Work>
  Container(const std::filesystem::path& shared, Work&& work)
      : keeper_([&] {
          enter(shared);
          Child inner([&] {
            require(::getpid() == 1, "not a pid namespace of its own");
            work();
          });
          inner_->store(inner.pid());
          if (inner.wait() != 0) ::_exit(1);
        }) {
    wait_until([&] { return inner_->load() != 0 || keeper_.ended(); });
  }

  void kill() {  // the contained, as we see its pid; and with it whoever else is inside
    ::kill(inner_->load(), SIGKILL);
    keeper_.wait();
  }
  int wait() { return keeper_.wait(); }
  bool ended() const { return keeper_.ended(); }

  static bool permitted(const std::filesystem::path& shared) {
    return Child([&] { enter(shared); }).wait() == 0;
  }

 private:
  static void enter(const std::filesystem::path& shared) {
    const std::string user = std::to_string(::geteuid());
    const std::string group = std::to_string(::getegid());
    require(::unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNS) == 0, "unshare");
    write("/proc/self/setgroups", "deny");
    write("/proc/self/uid_map", "0 " + user + " 1");
    write("/proc/self/gid_map", "0 " + group + " 1");
    const int directory = ::open(shared.c_str(), O_PATH | O_CLOEXEC);
    const std::string outside = "/proc/self/fd/" + std::to_string(directory);
    require(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mounts of its own");
    require(::mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m") == 0, "a /dev/shm of its own");
    require(::mkdir(shared.c_str(), 0700) == 0, "a place for the shared directory");
    require(::mount(outside.c_str(), shared.c_str(), nullptr, MS_BIND, nullptr) == 0, "the shared directory");
    ::close(directory);
  }
  static void write(const char* file, std::string_view text) {
    std::ofstream stream(file);
    stream << text;
    require(static_cast<bool>(stream.flush()), file);
  }

  Shared<std::atomic<pid_t>> inner_;
  Child keeper_;
};

// Inside a container: a child with this pid, which nobody has any more.
template <class Work>
Child born_as(pid_t pid, Work&& work) {
  std::ofstream last("/proc/sys/kernel/ns_last_pid");
  last << pid - 1;
  require(static_cast<bool>(last.flush()), "ns_last_pid");
  Child child(std::forward<Work>(work));
  require(child.pid() == pid, "another pid than the one that was asked for");
  return child;
}

}  // namespace ringmain::testing
