// The state of rings, for people and for programs.
// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ringmain/segment.hpp"

namespace ringmain::cli {

// A ring, or why its state can't be read.
struct Listed {
  std::string name;
  Statistics statistics{};
  Status status = Status::kOk;
  std::string problem{};  // status != kOk: the whole message
};

std::string table_of(const std::vector<Listed>& rings);
std::string details_of(const Statistics& ring);

nlohmann::ordered_json json_of(const Listed& ring);

}  // namespace ringmain::cli
