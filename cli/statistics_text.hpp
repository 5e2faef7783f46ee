// The state of rings, for people and for programs.
// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "colour.hpp"
#include "listed.hpp"
#include "rates.hpp"

namespace ringmain::cli {

std::string table_of(const std::vector<Listed>& rings);
std::string details_of(const Listed& ring, const std::optional<Rate>& rate);

nlohmann::ordered_json json_of(const Listed& ring, const std::optional<Rate>& rate = {});
// Whatever bytes are in its strings. An indent of -1: in one line.
std::string text_of(const nlohmann::ordered_json& json, int indent = 2);

// "awake", "sleeping", "dead" or "evicted".
std::string state_of(const ConsumerStatistics& consumer);

Colour colour_of(const Statistics& ring);  // of its state
Colour colour_of(const ConsumerStatistics& consumer);

}  // namespace ringmain::cli
