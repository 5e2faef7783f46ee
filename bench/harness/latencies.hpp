// Every single latency of a run, in nanoseconds: percentiles are exact then, and the worst one isn't lost.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "harness/shared_memory.hpp"

namespace ringmain::bench {

// In shared memory: one side records, the parent reads when the side is gone.
class Latencies {
 public:
  explicit Latencies(std::size_t capacity) : values_(capacity), ends_(kMostRounds) {}

  // By the side that records, before it does: no page is missing any more.
  void touch() noexcept { std::fill(values_.all().begin(), values_.all().end(), 0); }

  void record(std::uint64_t ns) noexcept {
    if (state_->frozen || state_->count == values_.all().size()) return;
    values_[state_->count++] = static_cast<std::uint32_t>(std::min<std::uint64_t>(ns, kLongest));
  }
  void end_round() noexcept {
    if (!state_->frozen && state_->rounds < kMostRounds) ends_[state_->rounds++] = state_->count;
  }
  void clear() noexcept { *state_ = {}; }
  void freeze() noexcept { state_->frozen = true; }  // what is recorded from here on doesn't count

  std::span<const std::uint32_t> all() const noexcept { return {values_.get(), state_->count}; }
  std::size_t rounds() const noexcept { return state_->rounds; }
  std::span<const std::uint32_t> round(std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return all().subspan(begin, ends_[i] - begin);
  }

 private:
  static constexpr std::size_t kMostRounds = 1024;
  static constexpr std::uint64_t kLongest = std::numeric_limits<std::uint32_t>::max();  // 4 s
  struct State {
    std::size_t count = 0;
    std::size_t rounds = 0;
    bool frozen = false;
  };

  Shared<std::uint32_t> values_;
  Shared<std::size_t> ends_;  // of each round: the number of values up to there
  Shared<State> state_;
};

// The value below or at which `fraction` of them lie: one of them, without interpolation. 0 for none.
inline double percentile(std::span<const std::uint32_t> sorted, double fraction) noexcept {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(fraction * static_cast<double>(sorted.size()));
  return sorted[std::min(rank, sorted.size() - 1)];
}

inline std::vector<std::uint32_t> sorted(std::span<const std::uint32_t> values) {
  std::vector<std::uint32_t> copy(values.begin(), values.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

}  // namespace ringmain::bench
