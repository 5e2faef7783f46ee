// System calls that fail, or wait, when a test says so.
// SPDX-License-Identifier: MIT
#pragma once

#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <functional>
#include <vector>

// Calls that newer machines (aarch64) do without. No call has such a number.
#ifndef SYS_open
#define SYS_access (-1)
#define SYS_chmod (-2)
#define SYS_mkdir (-3)
#define SYS_open (-4)
#define SYS_poll (-5)
#define SYS_rename (-6)
#define SYS_rmdir (-7)
#define SYS_unlink (-8)
#endif

namespace ringmain::testing {

// Runs action() in a thread of its own, and on_call(call) in this one before each of that thread's calls of the system
// calls `numbers`, while it waits. What on_call returns is the error that the call fails with; 0: it goes on.
// False: the kernel doesn't let us. No exception may leave the action.
[[nodiscard]] bool intercept(const std::vector<int>& numbers,
                             const std::function<int(const seccomp_data& call)>& on_call,
                             const std::function<void()>& action);

// From now on these system calls of this process fail with `error`.
void forbid(const std::vector<int>& numbers, int error);

}  // namespace ringmain::testing
