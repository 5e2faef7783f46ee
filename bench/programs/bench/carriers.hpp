// The carriers that can be asked for, and how each becomes a contestant.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "harness/contest.hpp"
#include "programs/bench/task.hpp"

namespace ringmain::bench {

// Why a carrier doesn't take part in a workload: it can't, or this machine doesn't let it.
struct NotHere : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct NamedCarrier {
  std::string_view name;
  std::string_view description;
  bool sleeps;  // waits asleep, after spinning perhaps; false: spins only, and is left out where that is the subject
  bool by_default;  // measured when no carriers are named
  // Throws, NotHere or else, when it can't take part.
  std::unique_ptr<Contestant> (*enter)(const Task& task, const std::filesystem::path& directory);
};

std::span<const NamedCarrier> carriers();  // the ring first
const NamedCarrier* find_carrier(std::string_view name);

// The physical limits of a task, reached for in several ways; none where there is nothing to compare with.
Contestants limits_of(const Task& task);

std::unique_ptr<Contestant> enter_ring(const Task& task, const std::filesystem::path& directory);

}  // namespace ringmain::bench
