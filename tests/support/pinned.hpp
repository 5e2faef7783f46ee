// Binds a process to one CPU, so that two really run at the same time, or really don't.
// SPDX-License-Identifier: MIT
#pragma once

#include <sched.h>

#include <cstddef>

namespace ringmain::testing {

// While it lives, and in the children that are forked meanwhile. On the `index`th of the CPUs that we may use, round and
// round.
class Pinned {
 public:
  explicit Pinned(int index) {
    ::sched_getaffinity(0, sizeof before_, &before_);
    int left = index % CPU_COUNT(&before_);
    for (std::size_t cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &before_) || left-- != 0) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      ::sched_setaffinity(0, sizeof one, &one);
      return;
    }
  }
  ~Pinned() { ::sched_setaffinity(0, sizeof before_, &before_); }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace ringmain::testing
