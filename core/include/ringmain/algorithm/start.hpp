// Where a new group starts.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "ringmain/algorithm/index.hpp"
#include "ringmain/algorithm/layout.hpp"

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

template <class Memory>
Position floor_of(const Ring<Memory>& ring) noexcept {
  const Position limit = ring.producer->limit.load(std::memory_order_acquire);
  return limit > ring.capacity ? limit - ring.capacity : 0;
}

// The length of the message committed at `position`, or nothing if there is none or its length can't be.
template <class Memory>
std::optional<std::uint64_t> committed_length(const Ring<Memory>& ring, Position position) noexcept {
  const MessageHeader<Memory>* header = ring.header_at(position);
  if (header->tag.load(std::memory_order_acquire) != position + 1) return std::nullopt;  // [T2] pairs with [T1], [T3]
  const std::uint64_t length = header->length_and_type.load(std::memory_order_relaxed) & kLengthMask;
  if (length > ring.capacity / 2 - kMessageHeaderBytes) return std::nullopt;
  return length;
}

// Walks from a boundary to the first one at or above `target`. Only on boundaries do tags mean anything: a payload may
// look like one. Nothing if the walk is overtaken or meets the tail.
template <class Memory>
std::optional<Place> walk(const Ring<Memory>& ring, Place from, Position target) noexcept {
  while (from.position < target) {
    const auto length = committed_length(ring, from.position);
    Memory::acquire_fence();  // [L2] pairs with [L1]: the length was read before the limit
    if (!length || ring.producer->limit.load(std::memory_order_relaxed) > from.position + ring.capacity) {
      return std::nullopt;
    }
    from = Place{from.position + extent_of(*length), from.messages + 1};
  }
  return from;
}

// A boundary to start from. Nothing if the producer's lines contradict themselves.
template <class Memory>
std::optional<Place> locate(const Ring<Memory>& ring, Start start) noexcept {
  const Index<Memory> index(ring.producer, ring.capacity);
  const Position tail = ring.producer->tail.load(std::memory_order_acquire);  // [N2] pairs with [N1]
  const Position floor = floor_of(ring);
  if (start.kind() != Start::Kind::kLatest) {
    const Position target = start.kind() == Start::Kind::kOldest ? floor : start.position();
    if (const auto before = index.last_at_or_below(target < tail ? target : tail, floor); before && target < tail) {
      if (const auto place = walk(ring, *before, target)) return place;
    }
    if (const auto after = index.first_at_or_above(target > floor ? target : floor, tail)) return after;
  }
  if (const auto now = newest(*ring.producer)) return now->place;
  return std::nullopt;
}

}  // namespace ringmain::algorithm
