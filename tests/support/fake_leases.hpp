// Leases without a kernel: who lives is a table.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "ringmain/algorithm/layout.hpp"

namespace ringmain::testing {

// What the kernel knows of each byte. Squatted: a read lock, that makes nobody live and can't be taken.
enum class Lease { kFree, kHeld, kSquatted };
using LeaseTable = std::array<Lease, kMaxConsumers>;

// What one process knows and holds.
class FakeLeases {
 public:
  explicit FakeLeases(LeaseTable& table) : table_(&table) {}

  bool alive(std::size_t line) const { return (*table_)[line] == Lease::kHeld; }
  bool try_take(std::size_t line) {
    if ((*table_)[line] != Lease::kFree) return false;
    (*table_)[line] = Lease::kHeld;
    own_ = line;
    return true;
  }
  void drop() {
    if (own_) (*table_)[*own_] = Lease::kFree;
    own_.reset();
  }

 private:
  LeaseTable* table_;
  std::optional<std::size_t> own_;
};

}  // namespace ringmain::testing
