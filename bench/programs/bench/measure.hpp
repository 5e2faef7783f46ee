// Carries out one task: a contest of the limits, the ring and the others.
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include "programs/bench/options.hpp"
#include "programs/bench/result.hpp"

namespace ringmain::bench {

// `progress` is told which part of the task is done, 0 to 1. Throws when a carrier fails on its way.
Result measure(const Task& task, const Options& options, const std::function<void(double)>& progress);

}  // namespace ringmain::bench
