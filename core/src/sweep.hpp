// Clearing away what dead creators and removers left behind.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

namespace ringmain {

// Removes half-made and half-removed rings from a directory, unless who makes or removes them is alive.
void sweep(const std::filesystem::path& parent) noexcept;

}  // namespace ringmain
