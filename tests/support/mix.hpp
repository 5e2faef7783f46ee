// Random numbers that every test run draws alike.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

namespace ringmain::testing {

// The next of a sequence of well mixed numbers (splitmix64).
constexpr std::uint64_t mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace ringmain::testing
