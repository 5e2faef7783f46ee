// A file that others read while it is written anew.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string_view>

namespace ringmain::cli {

// Readers find the old content or the new one, never a part. Everybody may read it. Throws Failure, and then leaves the
// old one.
void write_atomically(const std::filesystem::path& file, std::string_view content);

}  // namespace ringmain::cli
