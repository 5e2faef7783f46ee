// What ringmain top shows: rings at two looks, in an order, one of them selected. Knows of no terminal.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "listed.hpp"
#include "rates.hpp"

namespace ringmain::cli {

enum class SortKey { kName, kMessages, kBytes, kLag };

struct TopRing {
  Listed listed;
  std::optional<Rate> rate;  // since the look before
};

class TopModel {
 public:
  explicit TopModel(SortKey key = SortKey::kName) : key_(key) {}

  void look(std::vector<Listed> rings, std::chrono::steady_clock::time_point now);

  void sort_by(SortKey key);                                             // by name, or the largest first
  void select(int steps);                                                // so many rings further down
  void toggle_alone() noexcept { alone_ = !alone_ && !rings_.empty(); }  // the selected ring, or all

  const std::vector<TopRing>& all() const noexcept { return rings_; }
  std::vector<TopRing> shown() const;
  const std::string& selected() const noexcept { return selected_; }  // empty: there are none
  SortKey sort_key() const noexcept { return key_; }

 private:
  void arrange();
  std::size_t selected_index() const;

  SortKey key_;
  Rates rates_{};
  std::vector<TopRing> rings_{};
  std::string selected_{};
  bool alone_ = false;
};

}  // namespace ringmain::cli
