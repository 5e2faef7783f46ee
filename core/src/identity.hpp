// Which ring, and since when: random identities and the boot id.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace ringmain {

using Identity = std::array<std::uint8_t, 16>;

Identity random_identity();

// Of the running kernel; all zero where it can't be read.
Identity boot_identity();

}  // namespace ringmain
