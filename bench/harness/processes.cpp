// SPDX-License-Identifier: MIT
#include "harness/processes.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>

#include "harness/machine.hpp"

namespace ringmain::bench {
namespace {

constexpr std::array kInterrupts{SIGINT, SIGTERM, SIGHUP};
volatile std::sig_atomic_t interrupt_seen = 0;

void note_interrupt(int signal) { interrupt_seen = signal; }

void handle_interrupts(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  for (const int signal : kInterrupts) check(::sigaction(signal, &action, nullptr), "sigaction");
}

int run_child(const std::string& name, int cpu, const std::function<void()>& body) {
  try {
    handle_interrupts(SIG_DFL);
    if (cpu != Processes::kAnyCpu) pin_to_cpu(cpu);
    body();
    return std::fflush(stdout) == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return 1;
  }
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) return fmt::format("was killed by signal {}", WTERMSIG(status));
  return fmt::format("ended with {}", WEXITSTATUS(status));
}

}  // namespace

void catch_interrupts() { handle_interrupts(note_interrupt); }

void throw_if_interrupted() {
  if (const int signal = interrupt_seen; signal != 0) throw Interrupted(signal);
}

Processes::~Processes() {
  for (const Child& child : children_) {
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
  }
}

pid_t Processes::start(std::string name, int cpu, const std::function<void()>& body) {
  // Whatever is still buffered would be written twice.
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const pid_t pid = check(::fork(), "fork");
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::_exit(run_child(name, cpu, body));
  }
  children_.push_back({std::move(name), pid, {}});
  const long handle = check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open");
  children_.back().handle = Descriptor(static_cast<int>(handle));
  return pid;
}

void Processes::bury(const Child& child) {
  int status = 0;
  check(::waitpid(child.pid, &status, 0), "waitpid");
  const std::string name = child.name;
  std::erase_if(children_, [&](const Child& other) { return other.pid == child.pid; });
  if (status != 0) throw std::runtime_error(fmt::format("{} {}", name, describe_end(status)));
}

void Processes::wait(std::chrono::seconds limit, const std::function<void()>& meanwhile) {
  constexpr int kLookEveryMs = 50;  // for an interrupt that came just before poll(), too
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!children_.empty()) {
    std::vector<pollfd> handles;
    for (const Child& child : children_) handles.push_back({child.handle.get(), POLLIN, 0});
    const int ready = ::poll(handles.data(), handles.size(), kLookEveryMs);
    if (ready < 0 && errno != EINTR) throw_errno("poll");
    throw_if_interrupted();
    if (meanwhile) meanwhile();
    if (ready > 0) {
      const auto ended = std::find_if(handles.begin(), handles.end(), [](const pollfd& p) { return p.revents != 0; });
      bury(children_[static_cast<std::size_t>(ended - handles.begin())]);
    }
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(fmt::format("{} still runs after {} s", children_.front().name, limit.count()));
    }
  }
}

void Processes::kill(pid_t pid) {
  ::kill(pid, SIGKILL);
  check(::waitpid(pid, nullptr, 0), "waitpid");
  std::erase_if(children_, [&](const Child& child) { return child.pid == pid; });
}

}  // namespace ringmain::bench
