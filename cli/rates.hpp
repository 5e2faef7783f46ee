// How fast rings go: what changed between two looks.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "listed.hpp"

namespace ringmain::cli {

// Each a second.
struct Rate {
  double messages = 0;
  double bytes = 0;
  double room_waits = 0;
};

// Nothing: the ring was removed and made anew meanwhile, or no time went by.
std::optional<Rate> rate_between(const Statistics& before, const Statistics& now, std::chrono::nanoseconds elapsed);

// The rates of many rings, from look to look.
class Rates {
 public:
  void look(const std::vector<Listed>& rings, std::chrono::steady_clock::time_point now);

  // Between the last two looks; nothing of a ring that wasn't there at both.
  std::optional<Rate> of(const std::string& name) const;

 private:
  struct Seen {
    Statistics ring;
    std::optional<Rate> rate;
  };

  std::map<std::string, Seen> seen_{};  // at the last look
  std::chrono::steady_clock::time_point time_{};
};

}  // namespace ringmain::cli
