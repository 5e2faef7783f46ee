// Several members of a group under one parent: what sub --jobs starts.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace ringmain::cli {

// Runs `member` in so many processes, and waits for them all. One that is killed is followed by another, so that the crew
// keeps its size; what the dead one held, the others get. An interruption is passed on to all of them. They end with this
// process. `member` is given a flag that is set when one has come to its end: it is too late to begin. Returns the first
// exit status that isn't 0. To be called before anything of a ring is open.
int run_crew(const std::string& who, std::uint64_t members, const std::function<int(const std::atomic<bool>&)>& member);

}  // namespace ringmain::cli
