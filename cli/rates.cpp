// SPDX-License-Identifier: MIT
#include "rates.hpp"

#include <cstdint>
#include <utility>

namespace ringmain::cli {

std::optional<Rate> rate_between(const Statistics& before, const Statistics& now, std::chrono::nanoseconds elapsed) {
  const bool same = before.created == now.created && before.messages <= now.messages;
  if (!same || elapsed.count() <= 0) return std::nullopt;
  const double seconds = std::chrono::duration<double>(elapsed).count();
  const auto per_second = [&](std::uint64_t then, std::uint64_t later) {
    return static_cast<double>(later - then) / seconds;
  };
  return Rate{.messages = per_second(before.messages, now.messages),
              .bytes = per_second(before.bytes, now.bytes),
              .room_waits = per_second(before.room_waits, now.room_waits)};
}

void Rates::look(const std::vector<Listed>& rings, std::chrono::steady_clock::time_point now) {
  std::map<std::string, Seen> seen;
  for (const Listed& ring : rings) {
    if (ring.status != Status::kOk) continue;
    const auto before = seen_.find(ring.name);
    seen[ring.name] = {ring.statistics, before == seen_.end()
                                            ? std::nullopt
                                            : rate_between(before->second.ring, ring.statistics, now - time_)};
  }
  seen_ = std::move(seen);
  time_ = now;
}

std::optional<Rate> Rates::of(const std::string& name) const {
  const auto found = seen_.find(name);
  return found == seen_.end() ? std::nullopt : found->second.rate;
}

}  // namespace ringmain::cli
