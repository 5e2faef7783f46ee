// How much memory a ring can have before the kernel kills somebody for it.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

namespace ringmain {

// Bytes that can be had now, swap included: the machine's, and within the limits of every cgroup that this process is
// in. What can't be read doesn't limit. It is an estimate of this moment: others take memory, too. `root`: for tests.
std::uint64_t memory_left(const std::filesystem::path& root = "/");

}  // namespace ringmain
