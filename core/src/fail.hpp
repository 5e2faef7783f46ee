// Throwing, in one form: "WHAT: WHY; REMEDY".
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "ringmain/error.hpp"

namespace ringmain {

[[noreturn]] void fail(Status status, const std::string& message, int system_error = 0);

// For a system call that failed with `system_error`: the status that fits it (permission, space, ...), and its text.
[[noreturn]] void fail_system(const std::string& what, int system_error);

// For the directory or a file of `what` ("ring 'NAME' in DIRECTORY") that couldn't be opened to `verb` it.
[[noreturn]] void fail_open(const std::string& what, const char* verb, int system_error);

std::string human_bytes(std::uint64_t bytes);  // "8.0 MiB"

}  // namespace ringmain
