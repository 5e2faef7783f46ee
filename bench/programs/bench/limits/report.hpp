// The report, for people and for programs.
// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>

#include "programs/bench/limits/row.hpp"

namespace ringmain::bench {

void print_header();
void print_row(const Row& row, const RowResult& result, bool details);
nlohmann::json to_json(const Row& row, const RowResult& result);

}  // namespace ringmain::bench
