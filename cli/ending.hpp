// How receiving ends when it doesn't end well.
// SPDX-License-Identifier: MIT
#pragma once

#include "failure.hpp"

namespace ringmain::cli {

// Why nothing more is received, and what to do about it.
Failure ended(Status status);

}  // namespace ringmain::cli
