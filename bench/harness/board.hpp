// What the sides of a contest and their parent share.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "harness/barrier.hpp"
#include "harness/contest.hpp"

namespace ringmain::bench {

// Of one side, about the turn that it has just had.
struct alignas(128) SideReport {
  Interval interval;
  std::uint64_t preemptions = 0;
  std::uint64_t cpu_ns = 0;
  std::atomic<bool> working{false};  // what it does now counts
};

struct Board {
  explicit Board(std::uint32_t sides = 2) noexcept : barrier(sides) {}

  Barrier barrier;
  // Of the coming turn; the first side writes it. 0: nothing; the warm-up of this contestant is over.
  alignas(128) std::uint64_t messages = 0;
  std::atomic<std::uint32_t> turns{0};       // done, for the progress
  std::atomic<std::uint32_t> contestant{0};  // whose turn it is
  // After the last round the sides wait for a tracer, if their parent is to be one.
  std::atomic<std::uint32_t> wait_for_tracer{0};  // sides
  Gate traced;
  std::atomic<std::uint32_t> done{0};  // sides, with the turns that are traced
  Gate released;                       // the tracer has gone: a side may end
};

}  // namespace ringmain::bench
