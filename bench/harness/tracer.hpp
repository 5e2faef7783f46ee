// Counts system calls: the parent follows the sides of a contest from call to call, as strace does.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <span>
#include <vector>

#include "harness/board.hpp"

namespace ringmain::bench {

// To be called when all sides wait for it; returns when they have had the turns that are to be traced, or when one has
// ended early. Only what a side calls while it works counts, its other threads' calls too. False: this process may not
// trace; the sides go on untraced.
bool count_system_calls(const std::vector<pid_t>& sides, Board& board, std::span<const SideReport> reports,
                        std::span<SystemCalls> counts);

}  // namespace ringmain::bench
