// The producer's algorithm, on plain memory: no system call, no allocation, no exception.
//
// Invariants (docs/design.md):
//   1  The tail that others see is stored only after everything below it is written.
//   2  position + extent + 64 <= limit <= slowest group + capacity: nobody's unread slot is written, and the slot after
//      the message is free, too.
//   3  The word where the next tag will be never equals that tag before it is committed.
//   4  limit never goes down; what lies below limit - capacity may be overwritten at any moment.
//   5  Nothing that a peer can write bounds a write: shadows of all words are private.
//   6  The first message of each step of the index is noted before anything is written at or behind it. So whenever the
//      producer stops, all messages from the last entry at or below the tail up to the tail are whole.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstring>
#include <span>

#include "ringmain/algorithm/gate.hpp"
#include "ringmain/algorithm/index.hpp"
#include "ringmain/algorithm/layout.hpp"
#include "ringmain/algorithm/walk.hpp"

namespace ringmain::algorithm {

template <class Memory = NativeMemory>
class Producer {
 public:
  Producer() noexcept = default;

  // `fenced`: this process can't rely on the sleeper's membarrier, or the ring wants full fences.
  explicit Producer(const Ring<Memory>& ring, bool fenced = false) noexcept
      : lines_(ring.producer), slots_(ring.slots), mask_(ring.capacity - kSlotBytes),
        flag_(fenced || ring.full_fences ? &kRaised : &ring.consumers->sleepers), header_(ring.header_at(0)),
        ring_(ring), max_length_(ring.capacity / 2 - kMessageHeaderBytes), fenced_(fenced || ring.full_fences) {}

  // --- the hot path

  enum class Outcome { kPublished, kRing, kNoRoom };  // kRing: published, and somebody sleeps: ring the bell

  // Claims, copies and commits. kNoRoom: nothing was done; try_claim() finds out more.
  [[gnu::always_inline]] Outcome publish(std::span<const std::byte> bytes, std::uint16_t type) noexcept {
    const Position at = position_;
    const std::uint64_t length = bytes.size();
    if (too_long(length)) [[unlikely]]
      return Outcome::kNoRoom;
    const Position to = at + extent_of(length);
    if (to + kSlotBytes > bound_) [[unlikely]]
      return Outcome::kNoRoom;
    MessageHeader<Memory>* const header = header_;
    if (length != 0) std::memcpy(payload_of(header), bytes.data(), length);
    describe(header, length, type);
    return publish_through(header, at, to, 1, length) ? Outcome::kRing : Outcome::kPublished;
  }

  // Where the payload of a message of `length` goes; null if there is no room (or never will be: length > max_length).
  [[gnu::always_inline]] std::byte* try_claim(std::uint64_t length) noexcept {
    if (too_long(length)) [[unlikely]]
      return nullptr;
    if (position_ + extent_of(length) + kSlotBytes > bound_) [[unlikely]]
      return claim_at_bound(length);
    return payload_of(header_);
  }

  // Publishes the message at position(), `length` bytes long. True: somebody sleeps, ring the bell.
  [[nodiscard, gnu::always_inline]] bool commit(std::uint64_t length, std::uint16_t type) noexcept {
    const Position at = position_;
    MessageHeader<Memory>* const header = header_;
    describe(header, length, type);
    return publish_through(header, at, at + extent_of(length), 1, length);
  }

  // A batch: add() messages behind each other from position() on, then commit them together. What add() returns is to be
  // written before the next add(), or commit().
  class Batch {
   public:
    explicit Batch(Producer& producer) noexcept : producer_(producer), at_(producer.position_) {}

    void add(std::span<const std::byte> bytes, std::uint16_t type) noexcept {
      std::byte* const payload = add(bytes.size(), type);
      if (!bytes.empty()) std::memcpy(payload, bytes.data(), bytes.size());
    }

    std::byte* add(std::uint64_t length, std::uint16_t type) noexcept {
      tag_last();
      if (at_ >= producer_.next_index_) {
        producer_.note(Place{at_, producer_.messages_ + messages_, producer_.bytes_ + bytes_});
      }
      MessageHeader<Memory>* const header = producer_.header_at(at_);
      describe(header, length, type);
      last_ = at_;
      at_ += extent_of(length);
      bytes_ += length;
      ++messages_;
      return payload_of(header);
    }

    Position end() const noexcept { return at_; }  // behind what was added

    [[nodiscard]] bool commit() noexcept {
      tag_last();
      return messages_ != 0 &&
             producer_.publish_through(producer_.header_, producer_.position_, at_, messages_, bytes_);
    }

    // Nothing is published. Where its messages were to begin, other messages may not.
    void give_up() noexcept {
      if (messages_ != 0 && producer_.max_length_ != 0) producer_.cut_index();
    }

   private:
    void tag_last() noexcept {
      // [T3] release: pairs with [T2]. All tags but the first, which alone leads to them.
      if (messages_ > 1) producer_.header_at(last_)->tag.store(last_ + 1, std::memory_order_release);
    }

    Producer& producer_;
    Position at_;
    Position last_ = 0;  // the message that was added last
    std::uint64_t messages_ = 0;
    std::uint64_t bytes_ = 0;
  };

  // --- the cold path

  // Looks at the groups again. True if a write up to position() + `bytes` (and one slot) now fits below the limit.
  bool refresh_limit(std::uint64_t bytes) noexcept {
    const Position needed = position_ + bytes + kSlotBytes;
    if (needed <= limit_) return true;
    const Position candidate = limit_by(slowest_group(), needed);
    if (candidate <= limit_) return false;
    Position settled = candidate;
    if (ring_.policy == Policy::kWait) {
      ring_.producer->proposal.store(candidate, std::memory_order_relaxed);  // the producer alone writes
      // [J2] full fence: pairs with [J1], [D1]: either this second scan sees who is joining, or he sees the proposal and
      // moves up. Without it both miss each other, and his first message is overwritten.
      Memory::full_fence();
      settled = std::max(limit_, std::min(candidate, limit_by(slowest_group(), needed)));
    }
    ring_.producer->proposal.store(settled, std::memory_order_relaxed);
    ring_.producer->limit.store(settled, std::memory_order_relaxed);  // the producer alone writes
    // [L1] release fence: pairs with [L2]. It orders the new limit before the first byte written under it, which a
    // release store would not: without it a lapped reader may take new bytes for an old message.
    Memory::release_fence();
    allow(settled);
    return needed <= limit_;
  }

  // The cursor value that makes room for `bytes`: what to ask for is more, lest producer and consumer go in lockstep.
  Position cursor_wanted(std::uint64_t bytes) const noexcept {
    return position_ + std::max(bytes + kSlotBytes, ring_.capacity / 4) - ring_.capacity;
  }
  void want_room(Position cursor) noexcept {
    ring_.producer->room_wanted.store(cursor,
                                      std::memory_order_relaxed);  // ordered by [W3]; see bell.cpp
  }

  // Starts where the last producer, dead or closed, stopped: all that it committed is kept. May be killed and repeated.
  // False: its lines contradict each other, which no producer leaves behind.
  [[nodiscard]] bool recover() noexcept {
    const ProducerLines<Memory>& lines = *ring_.producer;
    // relaxed: the producer alone writes, and its lease is ours.
    Place end{lines.tail.load(std::memory_order_relaxed)};
    const Position limit = lines.limit.load(std::memory_order_relaxed);
    const Position farthest = end.position + ring_.capacity / 2;
    if (end.position % kSlotBytes != 0) return false;
    // It may have committed and not lived to tell the tail: a message, or a batch.
    while (const auto next = step_over(ring_, end)) end = *next;
    if (end.position > farthest || limit < end.position || limit - end.position > ring_.capacity) return false;
    // Invariant 6 makes this walk possible.
    const Index<Memory> index(lines_, ring_.capacity);
    const auto from =
        index.last_at_or_below(end.position, end.position > ring_.capacity ? end.position - ring_.capacity : 0);
    const auto counted = from ? walk(ring_, *from, end.position) : std::nullopt;
    if (!counted || counted->position != end.position) return false;
    go_on_at(*counted);
    limit_ = limit;
    reopen();
    return true;
  }

  // The first producer of a ring: all words are zero.
  void begin() noexcept {
    allow(ring_.capacity / kLimitSteps);
    ring_.producer->limit.store(limit_, std::memory_order_relaxed);
    ring_.producer->proposal.store(limit_, std::memory_order_relaxed);
    for (auto& entry : ring_.producer->index) entry.position.store(kNowhere, std::memory_order_relaxed);
    note(Place{});
  }

  void close() noexcept {
    // [E1] release: pairs with [E2]: who sees the end sees every message before it.
    ring_.producer->end.store(position_ + 1, std::memory_order_release);
  }

  // Makes every later call find nothing and touch nothing that is shared: `blank` is private, of one slot.
  void defuse(const Ring<Memory>& blank) noexcept {
    const Position position = position_;
    *this = Producer(blank);
    position_ = position;
    max_length_ = 0;
  }

  Position position() const noexcept { return position_; }
  Position limit() const noexcept { return limit_; }
  std::uint64_t messages() const noexcept { return messages_; }
  std::uint64_t max_length() const noexcept { return max_length_; }
  bool takes(std::uint64_t length) const noexcept { return max_length_ != 0 && length <= max_length_; }  // ever
  const Ring<Memory>& ring() const noexcept { return ring_; }
  Position floor() const noexcept { return limit_ > ring_.capacity ? limit_ - ring_.capacity : 0; }
  Position slowest_group() const noexcept {
    return ring_.policy == Policy::kWait ? slowest(ring_, floor(), position_) : kNowhere;
  }

 private:
  template <class T>
  using Atomic = typename Memory::template Atomic<T>;
  static inline const Atomic<std::uint32_t> kRaised{1};

  // A slot that was read lies in a consumer's cache; this far ahead it is fetched back, or each commit would wait for it:
  // stores retire in order, and behind the look at the next tag. Measured: a stream of small messages is twice as fast
  // with 16 slots between near cores, with 48 between far ones, and a round trip doesn't notice.
  static constexpr std::uint64_t kAhead = 48 * kSlotBytes;

  MessageHeader<Memory>* header_at(Position position) const noexcept {
    return reinterpret_cast<MessageHeader<Memory>*>(slots_ + (position & mask_));
  }
  static std::byte* payload_of(MessageHeader<Memory>* header) noexcept {
    return reinterpret_cast<std::byte*>(header + 1);
  }

  [[gnu::always_inline]] bool too_long(std::uint64_t length) const noexcept {
    constexpr std::uint64_t kFitsAnyRing = kMinCapacity / 2 - kMessageHeaderBytes;  // spares a constant length the test
    return !(__builtin_constant_p(length) && length <= kFitsAnyRing) && length > max_length_;
  }

  static void describe(MessageHeader<Memory>* header, std::uint64_t length, std::uint16_t type) noexcept {
    // relaxed: the tag's release publishes it.
    header->length_and_type.store(length | std::uint64_t{type} << kTypeShift, std::memory_order_relaxed);
  }

  // Commits what is written in [at, to), at position_: one message or a batch. Its callers pass on what they have read
  // of this object: after a payload was written the compiler would read it again.
  [[gnu::always_inline]] bool publish_through(MessageHeader<Memory>* header, Position at, Position to,
                                              std::uint64_t messages, std::uint64_t bytes) noexcept {
    // Invariant 3: an old payload, or the rest of a batch that its writer did not live to publish.
    MessageHeader<Memory>* const next = header_at(to);
    if (next->tag.load(std::memory_order_relaxed) == to + 1) [[unlikely]] {
      next->tag.store(0, std::memory_order_relaxed);  // the producer alone writes; the tag's release publishes it
    }
    // [T1] release: pairs with [T2]. Without it a consumer may read an unwritten payload.
    header->tag.store(at + 1, std::memory_order_release);
    position_ = to;  // not before: stores become visible one after the other
    header_ = next;
    messages_ += messages;
    bytes_ += bytes;
    Memory::prefetch_for_write(reinterpret_cast<const std::byte*>(next) + kAhead);  // or its mirror
    lines_->tail.store(to, std::memory_order_release);  // [N1] pairs with [N2]: who sees the tail sees what leads to it
    // [B1] compiler barrier: pairs with the sleeper's membarrier [B2] between his flag and his last look at the tag.
    // Without either, both look too early: he sleeps, and nobody wakes him.
    Memory::compiler_barrier();
    return flag_->load(std::memory_order_relaxed) != 0 && somebody_sleeps();
  }

  [[gnu::noinline]] bool somebody_sleeps() noexcept {
    if (fenced_) Memory::full_fence();
    return ring_.consumers->sleepers.load(std::memory_order_relaxed) != 0;
  }

  // The first message of each step of the index comes by here.
  [[gnu::noinline]] std::byte* claim_at_bound(std::uint64_t length) noexcept {
    if (position_ >= next_index_ && max_length_ != 0) note(Place{position_, messages_, bytes_});
    return position_ + extent_of(length) + kSlotBytes <= limit_ ? payload_of(header_) : nullptr;
  }

  void go_on_at(Place place) noexcept {
    position_ = place.position;
    header_ = header_at(position_);
    messages_ = place.messages;
    bytes_ = place.bytes;
  }

  void note(Place place) noexcept {
    Index<Memory> index(lines_, ring_.capacity);
    index.write(place);
    next_index_ = index.start_of(index.step_of(place.position) + 1);
    allow(limit_);
  }

  void allow(Position limit) noexcept {
    limit_ = limit;
    bound_ = std::min(limit, next_index_ + kSlotBytes);
  }

  // With somebody gating: as far as he allows. Else in small steps, so that as much as possible is kept for who joins.
  Position limit_by(Position slowest_cursor, Position needed) const noexcept {
    if (slowest_cursor != kNowhere) return slowest_cursor + ring_.capacity;
    const std::uint64_t step = ring_.capacity / kLimitSteps;
    return std::max(limit_, (needed + step - 1) / step * step);
  }

  // Forgets what a batch has noted that was not published.
  void cut_index() noexcept {
    Index<Memory> index(lines_, ring_.capacity);
    index.cut_above(position_);
    next_index_ = index.start_of(index.step_of(position_) + (index.knows_step_of(position_) ? 1 : 0));
    allow(limit_);
  }

  void reopen() noexcept {
    ProducerLines<Memory>& lines = *ring_.producer;
    cut_index();
    lines.room_wanted.store(0, std::memory_order_relaxed);
    lines.proposal.store(limit_, std::memory_order_relaxed);  // the last producer may not have lived to settle its own
    lines.tail.store(position_, std::memory_order_release);   // [N1]
    lines.end.store(0, std::memory_order_release);
  }

  // What a publish touches, in one cache line or two.
  ProducerLines<Memory>* lines_ = nullptr;
  std::byte* slots_ = nullptr;
  std::uint64_t mask_ = 0;
  const Atomic<std::uint32_t>* flag_ =
      &kRaised;                              // of the sleepers; one that is always raised, where a fence comes first
  MessageHeader<Memory>* header_ = nullptr;  // at position_
  Position position_ = 0;
  Position bound_ = 0;  // how far to go without a second thought: the limit, or the next entry of the index
  std::uint64_t messages_ = 0;
  std::uint64_t bytes_ = 0;

  Ring<Memory> ring_{};
  Position limit_ = 0;
  Position next_index_ = 0;  // the first message at or above it gets an entry
  std::uint64_t max_length_ = 0;
  bool fenced_ = false;
};

}  // namespace ringmain::algorithm
