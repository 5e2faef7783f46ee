// A child process that does a part of a test.
// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <utility>

namespace ringmain::testing {

// In a child, where the macros of GoogleTest tell nobody: ends it with a word on stderr.
inline void require(bool condition, const std::string& what) {
  if (!condition) throw std::runtime_error(what);
}

// Runs `work` and ends the process: with 0, or with 1 and a word on stderr if it throws.
template <class Work>
[[noreturn]] void run_and_exit(Work&& work) {
  int status = 0;
  try {
    std::forward<Work>(work)();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "child %d: %s\n", static_cast<int>(::getpid()), error.what());
    status = 1;
  }
  ::_exit(status);
}

class Child {
 public:
  Child() = default;
  template <class Work>
  explicit Child(Work&& work) {
    std::fflush(nullptr);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ > 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    run_and_exit(std::forward<Work>(work));
  }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&& other) noexcept {
    if (this != &other) {
      kill();
      pid_ = std::exchange(other.pid_, -1);
    }
    return *this;
  }
  ~Child() { kill(); }

  pid_t pid() const { return pid_; }
  void signal(int number) const {
    if (pid_ > 0) ::kill(pid_, number);  // -1, of who was waited for, would be everybody
  }

  // Until it is stopped, which is later than the signal.
  void stop() const {
    signal(SIGSTOP);
    int status = 0;
    ::waitpid(pid_, &status, WUNTRACED);
  }
  void go_on() const { signal(SIGCONT); }

  // Exited or killed, but not waited for yet.
  bool ended() const {
    siginfo_t info{};
    return pid_ < 0 ||
           (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0);
  }

  // Its exit status; minus the signal that killed it.
  int wait() {
    if (pid_ < 0) return -1;
    int status = 0;
    const pid_t waited = ::waitpid(std::exchange(pid_, -1), &status, 0);
    if (waited < 0) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  // Dead and buried when it returns.
  void kill() {
    if (pid_ < 0) return;
    signal(SIGKILL);
    wait();
  }

 private:
  pid_t pid_ = -1;
};

// Ends a test that hangs, and its children with it.
class Watchdog {
 public:
  explicit Watchdog(unsigned seconds) {
    ::signal(SIGALRM, [](int) {
      constexpr char kText[] = "watchdog: the test hangs\n";
      [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText, sizeof kText - 1);
      ::abort();
    });
    ::alarm(seconds);
  }
  ~Watchdog() { ::alarm(0); }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
};

}  // namespace ringmain::testing
