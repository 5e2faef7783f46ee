// Memory of a ring that nobody shares: where a handle moves about that has come to an end, so that what its user still
// holds (a claim, a message) can be committed and released without effect.
// SPDX-License-Identifier: MIT
#pragma once

#include "ringmain/algorithm/layout.hpp"

namespace ringmain {

algorithm::Ring<> blank_ring() noexcept;
std::atomic<std::uint64_t>& blank_cursor() noexcept;

}  // namespace ringmain
