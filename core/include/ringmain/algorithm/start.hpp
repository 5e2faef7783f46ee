// Where a new group starts.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "ringmain/algorithm/walk.hpp"

namespace ringmain {

// Where a new group starts; a named group that exists goes on where it is.
class Start {
 public:
  enum class Kind : std::uint8_t { kLatest, kOldest, kPosition };

  static constexpr Start latest() noexcept { return Start(Kind::kLatest, 0); }  // with the next message published
  static constexpr Start oldest() noexcept { return Start(Kind::kOldest, 0); }  // with the oldest message kept
  // With the message at `position`, or the first kept after it; above the tail: at the tail.
  static constexpr Start at(std::uint64_t position) noexcept { return Start(Kind::kPosition, position); }

  constexpr Kind kind() const noexcept { return kind_; }
  constexpr std::uint64_t position() const noexcept { return position_; }

 private:
  constexpr Start(Kind kind, std::uint64_t position) noexcept : kind_(kind), position_(position) {}
  Kind kind_;
  std::uint64_t position_;
};

}  // namespace ringmain

namespace ringmain::algorithm {

// A boundary to start from. Nothing if the producer's lines contradict themselves.
template <class Memory>
std::optional<Place> locate(const Ring<Memory>& ring, Start start) noexcept {
  const Index<Memory> index(ring.producer, ring.capacity);
  const Position tail = ring.producer->tail.load(std::memory_order_acquire);  // [N2] pairs with [N1]
  const Position floor = floor_of(ring);
  if (start.kind() != Start::Kind::kLatest) {
    const Position target = start.kind() == Start::Kind::kOldest ? floor : start.position();
    if (const auto before = index.last_at_or_below(target < tail ? target : tail, floor); before && target < tail) {
      if (const auto place = walk(ring, *before, target); place && spared(ring, before->position)) return place;
    }
    if (const auto after = index.first_at_or_above(target > floor ? target : floor, tail)) return after;
  }
  return newest(ring);
}

}  // namespace ringmain::algorithm
