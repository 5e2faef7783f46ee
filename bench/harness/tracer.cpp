// SPDX-License-Identifier: MIT
#include "harness/tracer.hpp"

#include <sys/ptrace.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace ringmain::bench {
namespace {

struct Thread {
  std::size_t side;
  bool inside = false;  // a system call: the next stop is its end
};

class Tracer {
 public:
  Tracer(const std::vector<pid_t>& sides, Board& board, std::span<const SideReport> reports,
         std::span<SystemCalls> counts)
      : sides_(sides), board_(board), reports_(reports), counts_(counts) {}

  // All threads of all sides, from their next call on.
  bool seize() {
    constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
    for (std::size_t side = 0; side < sides_.size(); ++side) {
      for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(sides_[side]) + "/task")) {
        const auto thread = static_cast<pid_t>(std::stol(task.path().filename()));
        if (::ptrace(PTRACE_SEIZE, thread, nullptr, kOptions) != 0) return false;
        ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr);
        threads_[thread] = {side};
      }
    }
    return true;
  }

  void follow() {
    while (board_.done.load(std::memory_order_acquire) != sides_.size()) {
      int status = 0;
      const pid_t thread = next_stop(status);
      if (thread < 0) return;
      if (!WIFSTOPPED(status)) {
        threads_.erase(thread);
        continue;
      }
      go_on(thread, status);
    }
  }

  // The sides themselves last: the kernel doesn't tell of a process's end before its other threads are buried.
  void let_go() {
    for (const auto& [thread, _] : threads_) {
      if (!is_side(thread)) let_go(thread);
    }
    for (const pid_t side : sides_) let_go(side);
  }

 private:
  // One that has stopped already doesn't mind the interruption. A side that has ended is left to whoever started it.
  void let_go(pid_t thread) const {
    const bool alive = ::ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) == 0;
    siginfo_t about{};
    const int how = WEXITED | WSTOPPED | WNOWAIT | __WALL | (alive ? 0 : WNOHANG);
    if (::waitid(P_PID, static_cast<id_t>(thread), &about, how) != 0 || about.si_pid == 0) return;
    if (!ended(about)) {
      ::ptrace(PTRACE_DETACH, thread, nullptr, nullptr);
    } else if (!is_side(thread)) {
      ::waitpid(thread, nullptr, __WALL);
    }
  }

  bool is_side(pid_t thread) const { return std::find(sides_.begin(), sides_.end(), thread) != sides_.end(); }

  static bool ended(const siginfo_t& about) noexcept {
    return about.si_code == CLD_EXITED || about.si_code == CLD_KILLED || about.si_code == CLD_DUMPED;
  }

  // Of any traced thread. -1: a side itself has ended, which whoever started it should hear.
  pid_t next_stop(int& status) const {
    siginfo_t about{};
    if (::waitid(P_ALL, 0, &about, WEXITED | WSTOPPED | WNOWAIT | __WALL) != 0) return -1;
    if (ended(about) && is_side(about.si_pid)) return -1;
    return ::waitpid(about.si_pid, &status, __WALL);
  }

  void go_on(pid_t id, int status) {
    Thread& thread = threads_.try_emplace(id, Thread{side_of_new(id)}).first->second;
    const int signal = WSTOPSIG(status);
    long passed_on = 0;
    if (signal == (SIGTRAP | 0x80)) {
      thread.inside = !thread.inside;
      if (thread.inside && reports_[thread.side].working.load(std::memory_order_acquire)) {
        ++counts_[board_.contestant.load(std::memory_order_acquire)].calls;
      }
    } else if (status >> 16 == 0) {
      passed_on = signal;  // a signal of its own, not an event of the tracer's
    }
    ::ptrace(PTRACE_SYSCALL, id, nullptr, passed_on);
  }

  // Of a thread that has just been made, by a process that is a side.
  std::size_t side_of_new(pid_t thread) const {
    for (std::size_t side = 0; side < sides_.size(); ++side) {
      if (std::filesystem::exists("/proc/" + std::to_string(sides_[side]) + "/task/" + std::to_string(thread))) {
        return side;
      }
    }
    return 0;
  }

  const std::vector<pid_t>& sides_;
  Board& board_;
  std::span<const SideReport> reports_;
  std::span<SystemCalls> counts_;
  std::map<pid_t, Thread> threads_;
};

}  // namespace

bool count_system_calls(const std::vector<pid_t>& sides, Board& board, std::span<const SideReport> reports,
                        std::span<SystemCalls> counts) {
  Tracer tracer(sides, board, reports, counts);
  const bool permitted = tracer.seize();
  board.traced.open();
  if (permitted) tracer.follow();
  tracer.let_go();
  board.released.open();
  return permitted;
}

}  // namespace ringmain::bench
