// A simple queue that says what a ring must do, for random runs.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "support/messages.hpp"
#include "support/plain_ring.hpp"

namespace ringmain::testing {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t roll(std::uint64_t sides) { return mix(state_) % sides; }
  bool one_in(std::uint64_t sides) { return roll(sides) == 0; }

 private:
  std::uint64_t state_;
};

struct Sent {
  Position position;
  std::size_t length;
};

// Everything that was published. A message's number is how many there were before it.
class Model {
 public:
  Model(std::uint64_t capacity, Position birth, std::uint64_t messages)
      : capacity_(capacity), born_(messages), tail(birth), limit(birth + capacity / algorithm::kLimitSteps) {}

  void send(std::size_t length) {
    sent_.push_back({tail, length});
    tail += extent_of(length);
    bytes += length;
  }
  std::uint64_t count() const { return born_ + sent_.size(); }
  const Sent& message(std::uint64_t number) const { return sent_[number - born_]; }
  Position position_of(std::uint64_t number) const { return number < count() ? message(number).position : tail; }

  // The number of the first message at or above a position; count() if there is none.
  std::uint64_t first_at_or_above(Position position) const {
    const auto found = std::lower_bound(sent_.begin(), sent_.end(), position,
                                        [](const Sent& sent, Position p) { return sent.position < p; });
    return born_ + static_cast<std::uint64_t>(found - sent_.begin());
  }
  bool is_boundary(Position position) const { return position_of(first_at_or_above(position)) == position; }

  Position floor() const { return limit > capacity_ ? limit - capacity_ : 0; }

  // Does a message (or a batch) of `extent` fit, if the slowest group stands at `gate`? Moves the limit as it must move.
  bool make_room(std::uint64_t extent, Position gate) {
    const Position needed = tail + extent + algorithm::kSlotBytes;
    const std::uint64_t step = capacity_ / algorithm::kLimitSteps;
    if (needed > limit)
      limit = std::max(limit, gate == kNowhere ? (needed + step - 1) / step * step : gate + capacity_);
    return needed <= limit;
  }

  // May who wants to start at or above `wanted` start at `position`? The index knows one boundary in each step.
  bool may_start(Position position, Position wanted) const {
    if (wanted >= tail) return position == tail;
    const Position from = std::max(wanted, floor());
    const std::uint64_t step = algorithm::index_step(capacity_);
    return is_boundary(position) && position >= from &&
           position <= position_of(first_at_or_above((from + step - 1) / step * step));
  }

  // What a message says: it tells its place and length, and in every slot it tries to look like a message of this lap or
  // of the next.
  Bytes payload(Position position, std::size_t length) const {
    Bytes bytes_of = pattern(position, length);
    for (Position slot = position + 64; slot + 8 <= position + 16 + length; slot += 64) {
      const std::uint64_t tag = slot + 1 + (slot / 64 % 3 == 0 ? 0 : capacity_);
      std::memcpy(bytes_of.data() + (slot - position - 16), &tag, sizeof tag);
    }
    return bytes_of;
  }
  template <class Memory>
  bool is_right(const Reader<Memory>& reader, std::uint64_t number) const {
    const Sent& sent = message(number);
    const Bytes bytes_of = payload(sent.position, sent.length);
    return reader.position() == sent.position && reader.type() == static_cast<std::uint16_t>(sent.length) &&
           std::equal(bytes_of.begin(), bytes_of.end(), reader.bytes().begin(), reader.bytes().end());
  }

 private:
  std::uint64_t capacity_;
  std::uint64_t born_;  // messages published before
  std::vector<Sent> sent_;

 public:
  Position tail;
  Position limit;
  std::uint64_t bytes = 0;
};

// What a run really did: one that did nothing proves nothing.
struct Deeds {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t refused = 0;
  std::uint64_t batches = 0;
  std::uint64_t aborted = 0;
  std::uint64_t recovered = 0;
  std::uint64_t attached = 0;
  std::uint64_t lapped = 0;
  std::uint64_t lost = 0;
  std::uint64_t invalid = 0;
  std::uint64_t ended = 0;
  std::uint64_t shared = 0;  // received by members of groups
  std::uint64_t redelivered = 0;
  std::uint64_t dissolved = 0;
};

}  // namespace ringmain::testing
