// A run for programs: everything that is known.
// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "programs/bench/run.hpp"

namespace ringmain::bench {

nlohmann::json to_json(const Run& run);

}  // namespace ringmain::bench
