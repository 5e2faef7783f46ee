// Whether output is coloured, and with what: only where a person looks, and only if he wants it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include "cli11.hpp"

namespace ringmain::cli {

enum class Colour { kPlain, kBold, kDim, kGreen, kYellow, kRed };

// --color auto|always|never, of the whole tool.
void add_colour(CLI::App& root);

// Whether standard output is coloured. By itself: on a terminal that can, unless NO_COLOR is set (no-color.org).
bool coloured();

// The text in its colour, if standard output is coloured.
std::string paint(std::string_view text, Colour colour);

}  // namespace ringmain::cli
