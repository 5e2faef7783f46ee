// Counts, numbers of bytes and spans of time, as people read and write them.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ringmain::cli {

std::string human_bytes(std::uint64_t bytes);                   // "8.0 MiB"
std::string human_duration(std::chrono::nanoseconds duration);  // "500 ms", "forever"
std::string human_bytes(double bytes);
std::string human_age(std::chrono::nanoseconds age);  // "3 min": whole units of the largest
std::string human_count(double count);                // "12.3 k"
std::string size_option(std::uint64_t bytes);         // "8M": as an option takes it, exactly

}  // namespace ringmain::cli
