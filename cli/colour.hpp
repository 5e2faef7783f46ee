// Whether output is coloured, and with what: only where a person looks, and only if he wants it.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ringmain::cli {

enum class Colour { kPlain, kBold, kDim, kGreen, kYellow, kRed };

enum class ColourWish { kAuto, kAlways, kNever };

// What the user wants, of the whole process; kAuto until then.
void wish_for_colour(ColourWish wish);

// Whether standard output is coloured. By itself: on a terminal that can, unless NO_COLOR is set (no-color.org).
bool coloured();

// The text in its colour, if standard output is coloured.
std::string paint(std::string_view text, Colour colour);

}  // namespace ringmain::cli
