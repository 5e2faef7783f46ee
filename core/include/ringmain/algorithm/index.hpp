// How many messages and bytes stand before a position: the index. The producer notes the first message of each step
// before it writes it, so what the index says of any position up to the tail is true; who reads it reads the tail first.
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <optional>

#include "ringmain/algorithm/layout.hpp"

namespace ringmain::algorithm {

// A boundary between messages, and how many messages, of how many bytes together, lie before it.
struct Place {
  Position position = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

// The index has one entry for each step of the ring in which a message starts: where the first of them does.
template <class Memory>
class Index {
 public:
  Index(ProducerLines<Memory>* lines, std::uint64_t capacity) noexcept
      : lines_(lines), shift_(static_cast<unsigned>(std::countr_zero(index_step(capacity)))) {}

  std::uint64_t step_of(Position position) const noexcept { return position >> shift_; }
  Position start_of(std::uint64_t step) const noexcept { return step << shift_; }

  void write(Place place) noexcept {
    auto& entry = entry_of(step_of(place.position));
    entry.position.store(kNowhere, std::memory_order_relaxed);  // the producer alone writes
    Memory::release_fence();  // [I1] pairs with [I2]. Without it a reader may take the old position with new counts.
    entry.messages.store(place.messages, std::memory_order_relaxed);  // the producer alone writes
    entry.bytes.store(place.bytes, std::memory_order_relaxed);
    entry.position.store(place.position, std::memory_order_release);  // [I3] pairs with [I4]: position implies counts
    // [I5] release fence: pairs with [I6]. Without it the message that is noted may be seen before its note.
    Memory::release_fence();
  }

  bool knows_step_of(Position position) const noexcept { return read(step_of(position)).has_value(); }

  // Forgets what a batch that crashed, or was given up, noted above the tail.
  void cut_above(Position tail) noexcept {
    for (auto& entry : lines_->index) {
      const Position position = entry.position.load(std::memory_order_relaxed);  // the producer alone writes
      if (position > tail && position != kNowhere) {
        entry.position.store(kNowhere, std::memory_order_relaxed);
      }
    }
  }

  // The first boundary known in [from, tail].
  std::optional<Place> first_at_or_above(Position from, Position tail) const noexcept {
    if (from > tail) return std::nullopt;
    const std::uint64_t first = step_of(from);
    const std::uint64_t steps = step_of(tail) - first;
    for (std::uint64_t i = 0; i <= steps && i <= kIndexEntries; ++i) {
      const auto place = read(first + i);
      if (place && place->position >= from && place->position <= tail) return place;
    }
    return std::nullopt;
  }

  // The last boundary known in [from, to].
  std::optional<Place> last_at_or_below(Position to, Position from) const noexcept {
    if (from > to) return std::nullopt;
    const std::uint64_t last = step_of(to);
    const std::uint64_t steps = last - step_of(from);
    for (std::uint64_t i = 0; i <= steps && i <= kIndexEntries; ++i) {
      const auto place = read(last - i);
      if (place && place->position >= from && place->position <= to) return place;
    }
    return std::nullopt;
  }

 private:
  IndexEntry<Memory>& entry_of(std::uint64_t step) const noexcept { return lines_->index[step % kIndexEntries]; }

  std::optional<Place> read(std::uint64_t step) const noexcept {
    const auto& entry = entry_of(step);
    const Position position = entry.position.load(std::memory_order_acquire);  // [I4] pairs with [I3]
    const std::uint64_t messages = entry.messages.load(std::memory_order_relaxed);
    const std::uint64_t bytes = entry.bytes.load(std::memory_order_relaxed);
    Memory::acquire_fence();  // [I2] pairs with [I1]: the second look at position comes after the counts
    if (entry.position.load(std::memory_order_relaxed) != position || step_of(position) != step) return std::nullopt;
    return Place{position, messages, bytes};
  }

  ProducerLines<Memory>* lines_;
  unsigned shift_;
};

}  // namespace ringmain::algorithm
