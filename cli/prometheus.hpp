// The state of rings as metrics: Prometheus' text format, version 0.0.4.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "listed.hpp"

namespace ringmain::cli {

std::string metrics_of(const std::vector<Listed>& rings);

}  // namespace ringmain::cli
