// Names and directories: where a ring lies.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "ringmain/algorithm/layout.hpp"

namespace ringmain {

// Throws kBadName. `what` is "ring" or "group".
void check_name(const char* what, std::string_view name);

// A name that may come from a stranger, for a message that may go to a terminal.
std::string printable(std::string_view name);

// The name in a group's line, up to its end.
std::string text_of(const std::array<std::uint64_t, kMaxNameBytes / 8>& words);

// The directory that rings lie in: the option, else RINGMAIN_DIR, else /dev/shm.
std::filesystem::path directory_of(const std::filesystem::path& option);

// "NAME.ring", and back: the name of an entry that is called like a ring.
std::string entry_of(std::string_view name);
std::optional<std::string> name_of(std::string_view entry);

// "NAME.ring.new-0123456789abcdef": being born, or ("old") being removed.
std::string temporary_entry(std::string_view name, const char* kind);
bool is_temporary(std::string_view entry);

}  // namespace ringmain
