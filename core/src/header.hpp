// The header page: made once, checked at every opening.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "ringmain/algorithm/layout.hpp"
#include "ringmain/segment.hpp"

namespace ringmain {

// Throws kBadOption.
void check_options(const RingOptions& options);

algorithm::Header make_header(const RingOptions& options);

// Reads the header of an open `ring` file once and checks it and the files' real sizes. Throws kNotARing, kTruncated,
// kLayoutMismatch, kCorrupt; `what` is "ring 'NAME'".
algorithm::Header read_header(int ring, int consumers, const std::string& what);

}  // namespace ringmain
