// SPDX-License-Identifier: MIT
#include "listed.hpp"

#include <algorithm>
#include <utility>

namespace ringmain::cli {
namespace {

Listed look_up_one(const std::string& name, const std::filesystem::path& directory) {
  try {
    return {.name = name, .statistics = statistics(name, directory)};
  } catch (const Error& error) {
    return {.name = name, .status = error.status(), .problem = error.what()};
  }
}

bool holds(const std::vector<Listed>& rings, const std::string& name) {
  return std::any_of(rings.begin(), rings.end(), [&](const Listed& ring) { return ring.name == name; });
}

}  // namespace

std::vector<Listed> look_up(const std::vector<std::string>& names, const std::filesystem::path& directory) {
  std::vector<Listed> rings;
  for (const std::string& name : names.empty() ? list(directory) : names) {
    if (holds(rings, name)) continue;
    Listed ring = look_up_one(name, directory);
    const bool gone = names.empty() && ring.status == Status::kNotFound;  // it was removed just now
    if (!gone) rings.push_back(std::move(ring));
  }
  return rings;
}

}  // namespace ringmain::cli
