// Child processes that can't outlive their parent, and a parent that notices when one fails.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/system.hpp"

namespace ringmain::bench {

// Ctrl-C and its kin. Thrown by Processes::wait, so that destructors clean up on the way out.
struct Interrupted : std::runtime_error {
  explicit Interrupted(int number) : std::runtime_error("interrupted"), signal(number) {}
  int signal;
};

// From now on SIGINT, SIGTERM and SIGHUP only set a mark, in this process; children die of them as usual.
void catch_interrupts();
void throw_if_interrupted();

class Processes {
 public:
  static constexpr int kAnyCpu = -1;

  Processes() = default;
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;
  ~Processes();  // kills and buries what still runs

  // Runs `body` in a child, pinned to `cpu`. An exception in it is told on stderr and fails the child.
  pid_t start(std::string name, int cpu, const std::function<void()>& body);

  // Until every child has ended well; calls `meanwhile` now and then. Throws when one didn't end well, or when the time is
  // up, or when interrupted.
  void wait(std::chrono::seconds limit, const std::function<void()>& meanwhile = {});

  // SIGKILL, and waits until the kernel has buried it.
  void kill(pid_t pid);

 private:
  struct Child {
    std::string name;
    pid_t pid;
    Descriptor handle;
  };
  void bury(const Child& child);

  std::vector<Child> children_;
};

}  // namespace ringmain::bench
