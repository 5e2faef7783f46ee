// Numbers of bytes and spans of time, as people read and write them.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ringmain::cli {

std::string human_bytes(std::uint64_t bytes);                   // "8.0 MiB"
std::string human_duration(std::chrono::nanoseconds duration);  // "500 ms"
std::string size_option(std::uint64_t bytes);                   // "8M": as an option takes it, exactly

}  // namespace ringmain::cli
