// Who holds the producer back: the slowest group.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "ringmain/algorithm/layout.hpp"

namespace ringmain::algorithm {

// The lowest position that a group still needs, or kNowhere if nobody gates. A cursor is believed only inside
// [floor, tail]: what lies below was lost before this scan or never accepted, what lies above is a lie or kNowhere.
template <class Memory>
Position slowest(const Ring<Memory>& ring, Position floor, Position tail) noexcept {
  const ConsumersArea<Memory>& area = *ring.consumers;
  Position lowest = kNowhere;
  const auto consider = [&](Position cursor) {
    if (cursor - floor <= tail - floor) lowest = std::min(lowest, cursor);
  };

  const std::size_t groups = std::min<std::size_t>(area.groups_used.load(std::memory_order_acquire), kMaxGroups);
  for (std::size_t i = 0; i < groups; ++i) {
    const auto state = GroupWord::of(area.groups[i].state.load(std::memory_order_acquire)).state;
    // [H2] acquire: pairs with [H1], and heads are read before cursors: who moved this head had told its intent before.
    // The other way round, a message that is taken between the two looks would be missed.
    if (state == LineState::kActive) consider(area.groups[i].head.load(std::memory_order_acquire));
  }

  const std::size_t lines = std::min<std::size_t>(area.lines_used.load(std::memory_order_acquire), kMaxConsumers);
  for (std::size_t i = 0; i < lines; ++i) {
    // [F2] acquire: pairs with [F1]: a line seen free after a reap implies its message is seen in the reaper's line.
    const auto state = LineWord::of(area.lines[i].state.load(std::memory_order_acquire));
    // [R2] acquire: pairs with [R1]. Without it the producer may overwrite a payload that is still being read.
    if (state.in_use()) consider(area.lines[i].cursor.load(std::memory_order_acquire));
  }
  return lowest;
}

}  // namespace ringmain::algorithm
