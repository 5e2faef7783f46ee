// What crashes leave behind, without a crash.
// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "support/hooked_memory.hpp"
#include "support/plain_ring.hpp"

namespace ringmain::testing {

// The memory as a kill would leave it: before each store and exchange of `action`, and after the last.
template <class Action>
std::vector<Image> crashes_of(const PlainRing<HookedMemory>& ring, Action&& action) {
  std::vector<Image> images;
  {
    const HookedMemory::Scope scope([&](Access access, const volatile void*) {
      if (access == Access::kStore || access == Access::kExchange) images.push_back(ring.image());
    });
    std::forward<Action>(action)();
  }
  images.push_back(ring.image());
  return images;
}

}  // namespace ringmain::testing
