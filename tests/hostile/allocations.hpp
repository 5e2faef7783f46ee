// Allocations that fail when a test says so.
// SPDX-License-Identifier: MIT
#pragma once

namespace ringmain::testing {

// While it lives, this thread's nth `operator new` (from 1) throws std::bad_alloc, or all of them (0).
class FailingAllocation {
 public:
  explicit FailingAllocation(int nth) noexcept;
  FailingAllocation(const FailingAllocation&) = delete;
  FailingAllocation& operator=(const FailingAllocation&) = delete;
  ~FailingAllocation();

  static bool happened() noexcept;  // to this thread, since the last one was made
};

}  // namespace ringmain::testing
