// SPDX-License-Identifier: MIT
#include "crew.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <new>
#include <thread>
#include <utility>
#include <vector>

#include "failure.hpp"
#include "interruption.hpp"
#include "process.hpp"

namespace ringmain::cli {
namespace {

using Member = std::function<int(const std::atomic<bool>&)>;

// One that a process and its children share.
class SharedFlag {
 public:
  SharedFlag() {
    void* place = ::mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (place == MAP_FAILED) throw io_failure("memory for the workers", errno);
    flag_ = new (place) std::atomic<bool>(false);
  }
  SharedFlag(const SharedFlag&) = delete;
  SharedFlag& operator=(const SharedFlag&) = delete;
  ~SharedFlag() { ::munmap(flag_, sizeof *flag_); }

  std::atomic<bool>& operator*() const noexcept { return *flag_; }

 private:
  std::atomic<bool>* flag_;
};

class Crew {
 public:
  Crew(const std::string& who, const Member& member) : who_(who), member_(member) {}

  void start() {
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) throw io_failure("start a worker", errno);
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      if (::getppid() != parent) std::_Exit(1);
      const int status = member_(*ended_);
      die_if_interrupted();
      std::_Exit(status);
    }
    members_.emplace(pid, open_process(pid));
  }

  int wait() {
    while (!members_.empty()) {
      if (interrupted() && !std::exchange(dismissed_, true)) dismiss();
      int status = 0;
      const pid_t pid = ::waitpid(-1, &status, WNOHANG);
      if (pid > 0) {
        end_of(pid, status);
      } else {
        await_any();
      }
    }
    return status_;
  }

 private:
  // Until one of them has ended, or an interruption comes.
  void await_any() const {
    std::vector<int> processes;
    processes.reserve(members_.size());
    for (const auto& [pid, process] : members_) processes.push_back(process.get());
    await_end(processes);
  }

  // Once: a second signal kills, and what they hold would be dealt with twice.
  void dismiss() const {
    for (const auto& [pid, process] : members_) ::kill(pid, SIGTERM);
  }

  void end_of(pid_t pid, int status) {
    members_.erase(pid);
    if (WIFEXITED(status)) {
      *ended_ = true;
      if (status_ == 0) status_ = WEXITSTATUS(status);
      return;
    }
    if (interrupted()) return;
    report(fmt::format("{}: a worker was killed by signal {}; another takes its place", who_, WTERMSIG(status)));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // if it is killed at once, then not all the time
    start();
  }

  const std::string& who_;
  const Member& member_;
  SharedFlag ended_{};
  std::map<pid_t, Descriptor> members_{};
  int status_ = 0;
  bool dismissed_ = false;
};

}  // namespace

int run_crew(const std::string& who, std::uint64_t members, const Member& member) {
  Crew crew(who, member);
  for (std::uint64_t i = 0; i < members; ++i) crew.start();
  return crew.wait();
}

}  // namespace ringmain::cli
