// SPDX-License-Identifier: MIT
#include "colour.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace ringmain::cli {
namespace {

ColourWish wished = ColourWish::kAuto;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool is_dumb() {
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string_view(terminal) == "dumb";
}

}  // namespace

void wish_for_colour(ColourWish wish) { wished = wish; }

bool coloured() {
  if (wished != ColourWish::kAuto) return wished == ColourWish::kAlways;
  return ::isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR") && !is_dumb();
}

std::string paint(std::string_view text, Colour colour) {
  constexpr std::array kCodes{"", "1", "2", "32", "33", "31"};
  if (colour == Colour::kPlain || !coloured()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(colour)], text);
}

}  // namespace ringmain::cli
