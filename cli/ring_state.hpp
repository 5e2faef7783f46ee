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
  if (ring.producer_alive) return "live";
  return ring.kept ? "idle" : "orphaned";
}

inline std::uint64_t slowest_lag(const Statistics& ring) {
  std::uint64_t lag = 0;
  for (const ConsumerStatistics& consumer : ring.consumers) lag = std::max(lag, consumer.lag_bytes);
  for (const GroupStatistics& group : ring.groups) lag = std::max(lag, group.lag_bytes);
  return lag;
}

// A consumer of no named group is a group of its own. The dead hold nobody, nor do the evicted.
inline bool is_group(const ConsumerStatistics& consumer) {
  return consumer.group.empty() && consumer.alive && !consumer.evicted;
}

inline std::size_t groups_of(const Statistics& ring) {
  return ring.groups.size() +
         static_cast<std::size_t>(std::count_if(ring.consumers.begin(), ring.consumers.end(), is_group));
}

// How far the group is behind that gates the producer: for which it will wait first. 0: none does.
inline std::uint64_t gating_lag(const Statistics& ring) {
  std::uint64_t lag = 0;
  if (ring.policy != Policy::kWait) return lag;
  for (const GroupStatistics& group : ring.groups) lag = std::max(lag, group.lag_bytes);
  for (const ConsumerStatistics& consumer : ring.consumers) {
    if (is_group(consumer)) lag = std::max(lag, consumer.lag_bytes);
  }
  return lag;
}

}  // namespace ringmain::cli
