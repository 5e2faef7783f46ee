// How long something took, each time.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace ringmain::testing {

class Durations {
 public:
  void add(std::int64_t ns) { values_.push_back(ns); }

  void print(const char* what) {
    if (values_.empty()) return;
    std::sort(values_.begin(), values_.end());
    const auto at = [&](std::size_t percent) {
      return static_cast<double>(values_[(values_.size() - 1) * percent / 100]) / 1e6;
    };
    std::printf("  %s: p50 %.2f ms, p99 %.2f ms, max %.2f ms (%zu times)\n", what, at(50), at(99), at(100),
                values_.size());
  }

 private:
  std::vector<std::int64_t> values_;
};

}  // namespace ringmain::testing
