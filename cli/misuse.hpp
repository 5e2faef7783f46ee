// What was wrong with the arguments, and what may have been meant.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include "cli11.hpp"

namespace ringmain::cli {

// "unknown option --line; did you mean '--lines'?; see ringmain pub --help"
std::string explain(const CLI::ParseError& error, const CLI::App& root);

}  // namespace ringmain::cli
