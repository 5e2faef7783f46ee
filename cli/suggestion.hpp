// What somebody who mistyped may have meant.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ringmain::cli {

// "; did you mean 'WORD'?", with the candidate that is next to `typed`; nothing if none is near.
std::string suggestion(std::string_view typed, const std::vector<std::string>& candidates);

}  // namespace ringmain::cli
