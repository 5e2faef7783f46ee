// SPDX-License-Identifier: MIT
#include "colour.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <array>
#include <cstdlib>

#include "options.hpp"

namespace ringmain::cli {
namespace {

enum class Wish { kAuto, kAlways, kNever };

Wish wish = Wish::kAuto;  // what the command line says

std::string read_wish(const std::string& text) {
  if (text == "auto") return wish = Wish::kAuto, std::string{};
  if (text == "always") return wish = Wish::kAlways, std::string{};
  if (text == "never") return wish = Wish::kNever, std::string{};
  return fmt::format("'{}' is not auto, always or never", text);
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool is_dumb() {
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string_view(terminal) == "dumb";
}

}  // namespace

void add_colour(CLI::App& root) {
  add_value(root, {"--color", "WHEN", read_wish}, "Colours: auto, always or never [default: auto]");
}

bool coloured() {
  if (wish != Wish::kAuto) return wish == Wish::kAlways;
  return ::isatty(STDOUT_FILENO) == 1 && !is_set("NO_COLOR") && !is_dumb();
}

std::string paint(std::string_view text, Colour colour) {
  constexpr std::array kCodes{"", "1", "2", "32", "33", "31"};
  if (colour == Colour::kPlain || !coloured()) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", kCodes[static_cast<std::size_t>(colour)], text);
}

}  // namespace ringmain::cli
