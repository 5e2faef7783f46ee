// Moments, as people and programs read them.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <string>

namespace ringmain::cli {

using WallTime = std::chrono::system_clock::time_point;

std::string clock_time(WallTime time);  // "14:03:12.123456", here
std::string date_time(WallTime time);   // "2026-11-29 14:03:12", here
std::string utc_time(WallTime time);    // "2026-11-29T14:03:12.123456Z"

}  // namespace ringmain::cli
