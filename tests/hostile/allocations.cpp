// SPDX-License-Identifier: MIT
#include "allocations.hpp"

#include <cstddef>
#include <cstdlib>
#include <new>

namespace ringmain::testing {

namespace {

struct Plan {
  bool acting = false;
  bool happened = false;
  int nth = 0;
  int count = 0;
};
thread_local Plan plan;

bool fails_now() noexcept {
  if (!plan.acting || (++plan.count != plan.nth && plan.nth != 0)) return false;
  return plan.happened = true;
}

}  // namespace

FailingAllocation::FailingAllocation(int nth) noexcept { plan = {.acting = true, .nth = nth}; }
FailingAllocation::~FailingAllocation() { plan.acting = false; }
bool FailingAllocation::happened() noexcept { return plan.happened; }

}  // namespace ringmain::testing

// Arrays come by these, too, where no sanitizer has forms of its own.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return ringmain::testing::fails_now() ? nullptr : std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
