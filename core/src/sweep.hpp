// Clearing away what dead creators and removers left behind.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

namespace ringmain {

// Removes half-made and half-removed rings from a directory, unless who makes or removes them is alive.
void sweep(const std::filesystem::path& parent) noexcept;

// Unlinks a ring's files and its directory `entry`; errors are ignored. For who holds the remover's lease.
void unlink_ring(int parent, const std::string& entry) noexcept;

}  // namespace ringmain
