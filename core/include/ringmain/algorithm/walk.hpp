// From message to message, and what stands before the tail.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "ringmain/algorithm/index.hpp"
#include "ringmain/algorithm/layout.hpp"

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

// The boundary behind the message at `from`, or nothing if none is committed there. Only on boundaries do tags mean
// anything: a payload may look like one.
template <class Memory>
std::optional<Place> step_over(const Ring<Memory>& ring, Place from) noexcept {
  const auto length = committed_length(ring, from.position);
  if (!length) return std::nullopt;
  return Place{from.position + extent_of(*length), from.messages + 1, from.bytes + *length};
}

// Walks from a boundary to the first one at or above `target`. Nothing if it meets what is no message.
template <class Memory>
std::optional<Place> walk(const Ring<Memory>& ring, Place from, Position target) noexcept {
  std::optional<Place> at = from;
  while (at && at->position < target) at = step_over(ring, *at);
  return at;
}

// What was read from `position` on, up to now, was whole.
template <class Memory>
bool spared(const Ring<Memory>& ring, Position position) noexcept {
  Memory::acquire_fence();  // [L2] pairs with [L1]: what was read, was read before the limit
  return ring.producer->limit.load(std::memory_order_relaxed) <= position + ring.capacity;
}

// The tail, and what was published before it, of one moment: walked to from the last entry of the index. Nothing if the
// producer's lines contradict each other. The walk is sound if the limit still spares that entry; or if neither tail nor
// entry has moved: then the producer writes at most one message or batch, of half a ring, behind the tail, and the entry
// is of the tail's own step, or nothing is written yet, since the step of a message is noted before it is written.
template <class Memory>
std::optional<Place> newest(const Ring<Memory>& ring) noexcept {
  constexpr int kAttempts = 1000;  // a producer that is faster than the walk has a newer entry for the next one
  const Index<Memory> index(ring.producer, ring.capacity);
  const auto last = [&](Position tail) {
    return index.last_at_or_below(tail, tail > ring.capacity ? tail - ring.capacity : 0);
  };
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Position tail = ring.producer->tail.load(std::memory_order_acquire);  // [N2] pairs with [N1]
    const auto from = last(tail);
    const auto place = from ? walk(ring, *from, tail) : std::nullopt;
    const bool arrived = place && place->position == tail;
    if (arrived && spared(ring, from->position)) return place;
    // [I6] acquire fence: pairs with [I5]: who has seen a byte of a later step sees its note.
    Memory::acquire_fence();
    const auto again = last(tail);
    const bool moved = ring.producer->tail.load(std::memory_order_relaxed) != tail ||
                       from.has_value() != again.has_value() || (from && from->position != again->position);
    if (!moved) return arrived ? place : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace ringmain::algorithm
