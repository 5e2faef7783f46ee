// The registry's view of leases: who of the consumer lines is alive.
// SPDX-License-Identifier: MIT
#pragma once

#include "lease.hpp"
#include "segment.hpp"

namespace ringmain {

// A producer's, a remover's: asks, takes nothing.
struct LineLeases {
  const Segment& segment;
  bool alive(std::size_t line) const noexcept { return segment.consumer_alive(line); }
};

// A consumer's: takes the lease of a line with the line.
struct OwnLease {
  const Segment& segment;
  Lease& lease;
  bool alive(std::size_t line) const noexcept { return segment.consumer_alive(line); }
  bool try_take(std::size_t line) const noexcept { return lease.take(static_cast<off_t>(line)); }
  void drop() const noexcept { lease.drop(); }
};

}  // namespace ringmain
