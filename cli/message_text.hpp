// A message as people and programs look at it.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "wall_clock.hpp"

namespace ringmain::cli {

// A message that was received, and how it begins.
struct Sample {
  std::uint64_t position = 0;
  std::size_t bytes = 0;
  std::uint16_t type = 0;
  std::uint64_t lost = 0;  // messages just before it
  WallTime received{};
  std::string shown{};  // its first bytes, or all
};

enum class Notation {
  kReadable,  // text if it can be read as such, else hexadecimal
  kText,
  kHex,
  kJson,  // an object in a line
};

// Ends with a newline. Nothing in it can do more to a terminal than be seen.
std::string text_of(const Sample& sample, Notation notation);

}  // namespace ringmain::cli
