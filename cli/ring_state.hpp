// The statistics of a ring, and what they come to.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "ringmain/segment.hpp"

namespace ringmain::cli {

// The state of a ring; nothing if it can't be read.
inline std::optional<Statistics> look_at(const std::string& name, const std::filesystem::path& directory) {
  try {
    return statistics(name, directory);
  } catch (const Error&) {
    return std::nullopt;
  }
}

inline const char* state_of(const Statistics& ring) {
  if (ring.removed) return "removed";
  if (ring.closed) return "closed";
  return ring.producer_alive ? "live" : "orphaned";
}

inline std::size_t living_consumers(const Statistics& ring) {
  return static_cast<std::size_t>(std::count_if(ring.consumers.begin(), ring.consumers.end(),
                                                [](const ConsumerStatistics& consumer) { return consumer.alive; }));
}

inline std::uint64_t slowest_lag(const Statistics& ring) {
  std::uint64_t lag = 0;
  for (const ConsumerStatistics& consumer : ring.consumers) lag = std::max(lag, consumer.lag_bytes);
  for (const GroupStatistics& group : ring.groups) lag = std::max(lag, group.lag_bytes);
  return lag;
}

}  // namespace ringmain::cli
