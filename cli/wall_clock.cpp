// SPDX-License-Identifier: MIT
#include "wall_clock.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdint>
#include <ctime>

namespace ringmain::cli {
namespace {

struct Split {
  std::time_t seconds;
  std::int64_t microseconds;
};

Split split(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {static_cast<std::time_t>(seconds.time_since_epoch().count()),
          std::chrono::duration_cast<std::chrono::microseconds>(time - seconds).count()};
}

}  // namespace

std::string clock_time(WallTime time) {
  const Split parts = split(time);
  return fmt::format("{:%H:%M:%S}.{:06}", fmt::localtime(parts.seconds), parts.microseconds);
}

std::string date_time(WallTime time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(split(time).seconds));
}

std::string utc_time(WallTime time) {
  const Split parts = split(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(parts.seconds), parts.microseconds);
}

}  // namespace ringmain::cli
