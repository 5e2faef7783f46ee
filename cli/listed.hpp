// Rings as they are found: each with its state, or with why it can't be read.
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ringmain/segment.hpp"

namespace ringmain::cli {

struct Listed {
  std::string name;
  Statistics statistics{};
  Status status = Status::kOk;
  std::string problem{};  // status != kOk: the whole message
};

// The rings of these names, each once; of no names: all rings of the directory. Throws as list() does.
std::vector<Listed> look_up(const std::vector<std::string>& names, const std::filesystem::path& directory);

}  // namespace ringmain::cli
