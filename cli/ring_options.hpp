// The options of a ring's birth, for the commands that make one.
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>
#include "cli11.hpp"

#include "ringmain/segment.hpp"

namespace ringmain::cli {

// All but --dir and --spin, which concern rings that exist, too.
std::vector<CLI::Option*> add_ring_options(CLI::App& parser, RingOptions& ring);

}  // namespace ringmain::cli
