// SPDX-License-Identifier: MIT
#include "process.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "failure.hpp"

namespace ringmain::cli {

Descriptor open_process(pid_t pid) {
  Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process) throw io_failure("watch a process", errno);
  return process;
}

void await_end(const std::vector<int>& processes) {
  constexpr int kWhileMs = 200;
  std::vector<pollfd> waited;
  waited.reserve(processes.size());
  for (const int process : processes) waited.push_back({process, POLLIN, 0});
  ::poll(waited.data(), waited.size(), kWhileMs);
}

}  // namespace ringmain::cli
