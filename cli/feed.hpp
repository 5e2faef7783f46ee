// From standard input into a ring.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "input.hpp"
#include "options.hpp"
#include "outlet.hpp"

namespace ringmain::cli {

struct Feed {
  Framing framing = Framing::kRaw;
  std::size_t chunk = 0;  // raw: the largest message; 0: as fits
};

// Publishes standard input until its end, or until the outlet is over. Each message is published as soon as it was read.
// Returns the number of bytes that were read but not published. Throws Failure.
std::size_t feed(const Input& input, Outlet& outlet, const Feed& options);

}  // namespace ringmain::cli
