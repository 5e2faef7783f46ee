// Where a new group starts.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "ringmain/algorithm/walk.hpp"

namespace ringmain {

// Where a new group starts; a named group that exists goes on where it is.
class Start {
 public:
  enum class Kind : std::uint8_t { kLatest, kOldest, kPosition, kLast };

  static constexpr Start latest() noexcept { return Start(Kind::kLatest, 0); }  // with the next message published
  static constexpr Start oldest() noexcept { return Start(Kind::kOldest, 0); }  // with the oldest message kept
  static constexpr Start last() noexcept { return Start(Kind::kLast, 0); }  // with the last one published, if it's kept
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

// The last message before the tail. Nothing if there is none, or it isn't kept, or the producer is faster than the walk.
template <class Memory>
std::optional<Place> last_message(const Ring<Memory>& ring) noexcept {
  constexpr int kAttempts = 100;
  const Index<Memory> index(ring.producer, ring.capacity);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Position tail = ring.producer->tail.load(std::memory_order_acquire);  // [N2] pairs with [N1]
    if (tail < kSlotBytes) return std::nullopt;
    const auto from = index.last_at_or_below(tail - kSlotBytes, floor_of(ring));
    if (!from) continue;  // overtaken, or it isn't kept
    Place at = *from;
    auto next = step_over(ring, at);
    while (next && next->position < tail) {
      at = *next;
      next = step_over(ring, at);
    }
    if (next && next->position == tail && spared(ring, from->position)) return at;
  }
  return std::nullopt;
}

// A boundary to start from. Nothing if the producer's lines contradict themselves.
template <class Memory>
std::optional<Place> locate(const Ring<Memory>& ring, Start start) noexcept {
  const Index<Memory> index(ring.producer, ring.capacity);
  const Position tail = ring.producer->tail.load(std::memory_order_acquire);  // [N2] pairs with [N1]
  const Position floor = floor_of(ring);
  if (start.kind() == Start::Kind::kLast) {
    if (const auto last = last_message(ring)) return last;
  } else if (start.kind() != Start::Kind::kLatest) {
    const Position target = start.kind() == Start::Kind::kOldest ? floor : start.position();
    if (const auto before = index.last_at_or_below(target < tail ? target : tail, floor); before && target < tail) {
      if (const auto place = walk(ring, *before, target); place && spared(ring, before->position)) return place;
    }
    if (const auto after = index.first_at_or_above(target > floor ? target : floor, tail)) return after;
  }
  return newest(ring);
}

}  // namespace ringmain::algorithm
