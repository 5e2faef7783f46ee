// From standard input into a ring.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "options.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::cli {

struct Feed {
  Framing framing = Framing::kRaw;
  std::size_t chunk = 0;  // raw: the largest message; 0: as fits
};

// Publishes standard input until its end, or until interrupted. Each message is published as soon as it was read.
// Returns the number of bytes that were read but not published, because it was interrupted. Throws Failure.
std::size_t feed(Producer& producer, const Feed& options);

}  // namespace ringmain::cli
