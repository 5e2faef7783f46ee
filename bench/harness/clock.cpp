// SPDX-License-Identifier: MIT
#include "harness/clock.hpp"

#include <algorithm>
#include <array>

namespace ringmain::bench {
namespace {

double measure_ns_per_tick() {
  constexpr std::uint64_t kWindowNs = 50'000'000;
  const std::uint64_t begin_ns = now_ns();
  const std::uint64_t begin_ticks = now_ticks();
  std::uint64_t end_ns = now_ns();
  while (end_ns - begin_ns < kWindowNs) end_ns = now_ns();
  return static_cast<double>(end_ns - begin_ns) / static_cast<double>(now_ticks() - begin_ticks);
}

std::uint64_t measure_own_cost() {
  std::array<std::uint64_t, 1001> gaps{};
  for (std::uint64_t& gap : gaps) {
    const std::uint64_t begin = now_ticks();
    gap = now_ticks() - begin;
  }
  auto* middle = gaps.data() + gaps.size() / 2;
  std::nth_element(gaps.data(), middle, gaps.data() + gaps.size());
  return *middle;
}

}  // namespace

const TickScale& tick_scale() {
  static const TickScale scale{measure_ns_per_tick(), measure_own_cost()};
  return scale;
}

}  // namespace ringmain::bench
