// SPDX-License-Identifier: MIT
#include "top_model.hpp"

#include <algorithm>
#include <utility>

#include "ring_state.hpp"

namespace ringmain::cli {
namespace {

// What it is sorted by, the largest first.
double weight_of(const TopRing& ring, SortKey key) {
  switch (key) {
    case SortKey::kName: return 0;
    case SortKey::kMessages: return ring.rate ? ring.rate->messages : 0;
    case SortKey::kBytes: return ring.rate ? ring.rate->bytes : 0;
    case SortKey::kLag: return static_cast<double>(slowest_lag(ring.listed.statistics));
  }
  return 0;
}

}  // namespace

void TopModel::look(std::vector<Listed> rings, std::chrono::steady_clock::time_point now) {
  rates_.look(rings, now);
  const std::size_t before = selected_index();
  rings_.clear();
  for (Listed& ring : rings) {
    const auto rate = rates_.of(ring.name);
    rings_.push_back({std::move(ring), rate});
  }
  arrange();
  // Where the selected one has gone, the one that has come into its place is selected.
  const std::size_t now_at = selected_index();
  if (now_at == rings_.size()) {
    selected_ = rings_.empty() ? "" : rings_[std::min(before, rings_.size() - 1)].listed.name;
    alone_ = false;
  }
}

void TopModel::sort_by(SortKey key) {
  key_ = key;
  arrange();
}

void TopModel::select(int steps) {
  if (rings_.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(rings_.size()) - 1;
  const std::ptrdiff_t wanted = static_cast<std::ptrdiff_t>(selected_index()) + steps;
  selected_ = rings_[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(wanted, 0, last))].listed.name;
}

std::vector<TopRing> TopModel::shown() const {
  return alone_ ? std::vector<TopRing>{rings_[selected_index()]} : rings_;
}

void TopModel::arrange() {
  std::sort(rings_.begin(), rings_.end(), [&](const TopRing& a, const TopRing& b) {
    const double weight_a = weight_of(a, key_);
    const double weight_b = weight_of(b, key_);
    return weight_a != weight_b ? weight_a > weight_b : a.listed.name < b.listed.name;
  });
}

std::size_t TopModel::selected_index() const {
  const auto found =
      std::find_if(rings_.begin(), rings_.end(), [&](const TopRing& ring) { return ring.listed.name == selected_; });
  return static_cast<std::size_t>(found - rings_.begin());
}

}  // namespace ringmain::cli
