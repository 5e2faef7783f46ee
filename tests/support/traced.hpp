// A child that is stepped through its work instruction by instruction, and killed, or left standing, at one of them.
// SPDX-License-Identifier: MIT
#pragma once

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "support/child.hpp"
#include "support/mix.hpp"

namespace ringmain::testing {

// Stands at the beginning and at the end of the work that is stepped through.
inline void traced_mark() { ::kill(::getpid(), SIGSTOP); }

// A place in the work that is stepped through: after so many stops at system calls, and then so many instructions.
struct Place {
  std::uint64_t stops = 0;
  std::uint64_t instructions = 0;

  // Near each of `stops` system calls alike, or near the beginning; most often very near.
  static Place by_lot(std::uint64_t& lot, std::uint64_t stops) {
    constexpr std::uint64_t kNear[] = {16, 16, 120, 120, 120, 1000};
    const std::uint64_t chosen = mix(lot) % (stops + 1);
    return {chosen, mix(lot) % kNear[mix(lot) % std::size(kNear)]};
  }
};

class Traced {
 public:
  // Runs work() up to its first traced_mark().
  template <class Work>
  explicit Traced(Work&& work) {
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(kNotPermitted);
      run_and_exit(std::forward<Work>(work));
    }
    wait();
    if (!running_) throw std::runtime_error("the traced child ended with status " + std::to_string(status_));
    ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  }
  Traced(const Traced&) = delete;
  Traced& operator=(const Traced&) = delete;
  ~Traced() { kill(); }

  // One instruction. False: it was the last; the work is done.
  bool step() { return go(PTRACE_SINGLESTEP); }
  // To the next entry to, or return from, a system call. False: the work is done.
  bool to_system_call() { return go(PTRACE_SYSCALL); }

  // The next instruction is one.
  bool at_system_call() const {
    user_regs_struct registers{};
    iovec into{&registers, sizeof registers};
    ::ptrace(PTRACE_GETREGSET, pid_, NT_PRSTATUS, &into);
#if defined(__x86_64__)
    return (::ptrace(PTRACE_PEEKTEXT, pid_, registers.rip, nullptr) & 0xffff) == 0x050f;
#elif defined(__aarch64__)
    return (::ptrace(PTRACE_PEEKTEXT, pid_, registers.pc, nullptr) & 0xffffffff) == 0xd4000001;
#endif
  }

  void kill() {
    if (!running_) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    running_ = false;
  }

  // Where it then stands still. False: the work is done.
  bool go_to(Place place) {
    for (std::uint64_t i = 0; i < place.stops; ++i) {
      if (!to_system_call()) return false;
    }
    for (std::uint64_t i = 0; i < place.instructions; ++i) {
      if (!step()) return false;
    }
    return true;
  }

  // It does the rest of its work, and what comes after that by itself.
  void let_go() {
    while (!done_) go(PTRACE_CONT);
    ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
  }
  // Of one that was let go: its exit status; minus the signal that killed it.
  int wait_for_end() {
    wait();
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_);
  }
  pid_t pid() const { return pid_; }

  static bool permitted() {
    const pid_t pid = ::fork();
    if (pid == 0) ::_exit(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0 ? 0 : kNotPermitted);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  static constexpr int kNotPermitted = 3;

  bool go(__ptrace_request how) {
    if (!running_) return false;
    ::ptrace(how, pid_, nullptr, nullptr);
    wait();
    if (!running_) throw std::runtime_error("the traced child ended early, with status " + std::to_string(status_));
    done_ = WSTOPSIG(status_) == SIGSTOP;
    return !done_;
  }
  void wait() {
    ::waitpid(pid_, &status_, 0);
    running_ = WIFSTOPPED(status_);
  }

  pid_t pid_ = -1;
  int status_ = 0;
  bool running_ = false;
  bool done_ = false;  // with the work that is stepped through
};

}  // namespace ringmain::testing
