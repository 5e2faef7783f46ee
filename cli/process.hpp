// Waiting for processes, so that an interruption is noticed whenever it comes.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <vector>

#include "descriptor.hpp"

namespace ringmain::cli {

// A descriptor of a child that is readable when it has ended. Throws Failure.
Descriptor open_process(pid_t pid);

// Until one of them has ended, a signal comes, or a while has passed: a signal that came just before would not end it.
void await_end(const std::vector<int>& processes);

}  // namespace ringmain::cli
