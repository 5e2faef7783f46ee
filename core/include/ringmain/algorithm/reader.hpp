// The consumer's algorithm, on plain memory: no system call, no allocation, no exception. One class serves a consumer of
// its own (a plain cursor), the member of a named group (intent and compare-and-swap) and a spectator (no line).
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstring>
#include <span>
#include <utility>

#include "ringmain/algorithm/index.hpp"
#include "ringmain/algorithm/layout.hpp"
#include "ringmain/algorithm/start.hpp"
#include "ringmain/error.hpp"

namespace ringmain::algorithm {

template <class Memory = NativeMemory>
class Reader {
  using Word = typename Memory::template Atomic<std::uint64_t>;

 public:
  Reader() noexcept = default;

  // `cursor`: of the own line (a private word for a spectator). `head`: of the named group, or null. `fenced`: this
  // process can't rely on the producer's membarrier, or the ring wants full fences.
  Reader(const Ring<Memory>& ring, Word* cursor, Word* head, bool fenced) noexcept
      : slots_(ring.slots), mask_(ring.capacity - kSlotBytes), cursor_(cursor),
        wanted_(fenced || ring.full_fences ? &kWanted : &ring.producer->room_wanted),
        released_(head == nullptr ? 0 : kNowhere), ring_(ring), head_(head), validated_(lossy()),
        fenced_(fenced || ring.full_fences) {
    stand_at(0);
    trust();
  }

  // --- the hot path

  // True: a message is borrowed; it stays so until release(). A member's look always fails: it goes by examine(), since
  // it has other members to look after, too.
  [[gnu::always_inline]] bool look() noexcept {
    const MessageHeader<Memory>* const header = header_;
    const Position at = position_;
    // [T2] acquire: pairs with [T1], [T3]. Without it an unwritten payload may be read.
    if (header->tag.load(std::memory_order_acquire) != at + 1) return false;
    const std::uint64_t word = header->length_and_type.load(std::memory_order_relaxed);  // once: it may change
    if ((word & kLengthMask) >= trusted_length_) [[unlikely]]
      return head_ == nullptr && look_twice(at, word);
    word_ = word;
    next_ = at + extent_of(word & kLengthMask);
    return true;
  }

  // Gives the borrowed message back. True: the producer waits for this, ring the room bell.
  [[nodiscard, gnu::always_inline]] bool release() noexcept {
    const Position from = position_;
    const Position to = next_;
    if (to == from) return false;
    stand_at(to);
    ++messages_;
    // [R1] release: pairs with [R2]. Without it the producer may overwrite a payload that is still being read.
    cursor_->store(to | released_, std::memory_order_release);
    // [W2] compiler barrier: pairs with the producer's membarrier [W3] between room_wanted and its last look at the
    // cursors. Without either, it sleeps and nobody tells it of the room.
    Memory::compiler_barrier();
    return wanted_->load(std::memory_order_relaxed) != 0 && made_room(from, to);
  }

  // Goes on behind the borrowed message without giving it back: its slots stay the consumer's until release_below(). A
  // member, which names one message only, goes on holding it.
  void pass() noexcept {
    if (next_ == position_ || head_ != nullptr) return;
    stand_at(next_);
    ++messages_;
  }

  // Gives back what was passed below `position`. True: the producer waits for this, ring the room bell. Another thread
  // may receive meanwhile: should it be lapped just then, the cursor may stay behind until the next call; where one can be
  // lapped, the producer waits for no cursor.
  [[nodiscard]] bool release_below(Position position) noexcept {
    const Position from = given_back().load(std::memory_order_relaxed);
    if (position <= from || head_ != nullptr) return false;
    given_back().store(position, std::memory_order_relaxed);
    cursor_->store(position, std::memory_order_release);  // [R1]
    Memory::compiler_barrier();                           // [W2]
    return wanted_->load(std::memory_order_relaxed) != 0 && (made_room(from, position) || made_little_room());
  }

  std::span<const std::byte> bytes() const noexcept {
    return {reinterpret_cast<const std::byte*>(header_ + 1), word_ & kLengthMask};
  }
  std::uint16_t type() const noexcept { return static_cast<std::uint16_t>(word_ >> kTypeShift); }
  bool redelivered() const noexcept { return redelivered_; }
  std::uint64_t lost_before() const noexcept { return lost_before_; }

  // The borrowed message, or the one passed at `position`, was not overwritten until now.
  bool still_valid() const noexcept { return kept(position_); }
  bool still_valid(Position position) const noexcept { return kept(position); }

  // It was, which on a ring that waits only a peer that cheats can bring about: look twice from now on.
  void distrust() noexcept {
    validated_ = true;
    trust();
  }

  // --- the cold path

  // Why look() found nothing; kOk: now there is a message. kEmpty: wait.
  Status examine() noexcept {
    if (look_or_take()) return Status::kOk;
    const Position at = head_ == nullptr ? position_ : head_->load(std::memory_order_acquire);
    if (!kept(at)) {
      if (head_ == nullptr) return catch_up();
      // Others may have gone once around meanwhile; else a peer moved the head back, or let go of the group.
      return head_->load(std::memory_order_acquire) == at ? Status::kCorrupt : Status::kEmpty;
    }
    if (ring_.header_at(at)->tag.load(std::memory_order_acquire) == at + 1) return doubt(at);
    // [E2] acquire: pairs with [E1]. Exactly the position: a flag alone would cut off a last message.
    if (ring_.producer->end.load(std::memory_order_acquire) == at + 1) return Status::kEnd;
    if (ring_.producer->removed.load(std::memory_order_acquire) != 0) return Status::kRemoved;
    return Status::kEmpty;
  }

  // Something seems to be there; for a spin loop.
  bool peek() const noexcept {
    if (head_ == nullptr) return header_->tag.load(std::memory_order_relaxed) == position_ + 1;
    const Position at = head_->load(std::memory_order_relaxed);
    return header_at(at)->tag.load(std::memory_order_relaxed) == at + 1;
  }

  // Starts a group of its own: stores the cursor until the producer is bound to respect it. A named group's first
  // member does the same with the head. False: the producer's lines contradict themselves.
  [[nodiscard]] bool begin(Start start) noexcept {
    Word* mark = head_ == nullptr ? cursor_ : head_;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const auto place = locate(ring_, start);
      if (!place) return false;
      stand_at(place->position);
      next_ = position_;
      given_back().store(position_, std::memory_order_relaxed);
      messages_ = place->messages;
      mark->store(position_, std::memory_order_relaxed);
      // [J1] full fence: pairs with [J2]: either the producer's second scan sees this cursor, or we see its proposal.
      Memory::full_fence();
      const Position proposal = ring_.producer->proposal.load(std::memory_order_relaxed);
      if (proposal <= position_ + ring_.capacity) return true;
      start = Start::at(proposal - ring_.capacity + ring_.capacity / 8);  // the producer goes on meanwhile
    }
    return false;
  }

  // The group has a place from which its members can go on. Its founder may not have lived to give it one.
  bool begun() const noexcept {
    const Position head = head_->load(std::memory_order_acquire);
    if (head == kNowhere) return false;
    // Or its members have gone once around meanwhile: begun anew, the group would receive again what it had received.
    return kept(head) || head_->load(std::memory_order_acquire) != head;
  }

  // Takes over what a dead member held, if it held anything. `dead` is in the state `word`, and its lease was seen free.
  // True: its message is borrowed, marked as redelivered.
  bool reap(ConsumerLine<Memory>& dead, std::uint64_t word) noexcept {
    const LineWord free{LineWord::of(word).generation, LineState::kFree};
    const Position intent = dead.cursor.load(std::memory_order_acquire);
    bool mine = intent != kNowhere && intent < head_->load(std::memory_order_acquire);
    if (mine) {
      cursor_->store(intent, std::memory_order_release);
      // [D1] full fence: pairs with [J2]: as who joins, so who inherits.
      Memory::full_fence();
      const bool settled = ring_.producer->proposal.load(std::memory_order_relaxed) <= intent + ring_.capacity;
      if (!settled && kept(intent)) {  // a proposal that isn't settled yet: the dead goes on holding it meanwhile
        cursor_->store(kNowhere, std::memory_order_release);
        return false;
      }
      mine = settled && borrow(intent);
    }
    // [F1] release: pairs with [F2]: the line is seen free only after its message is seen in ours.
    const bool won = dead.state.compare_exchange_strong(word, free.word(), std::memory_order_acq_rel);
    if (mine && won) {
      stand_at(intent);
      redelivered_ = true;
      trust();
      return true;
    }
    give_up();
    return false;
  }

  // Makes every later call find nothing and touch nothing that is shared: `blank` is private, of one slot.
  void defuse(const Ring<Memory>& blank, Word* cursor) noexcept {
    *this = Reader(blank, cursor, nullptr, false);
    position_ = next_ = 1;  // no tag is this plus one
  }

  Position position() const noexcept { return position_; }
  bool holds() const noexcept { return next_ != position_; }

  // The producer waits for what this consumer of its own was given and hasn't given back.
  bool holds_up() const noexcept {
    const Position wanted = ring_.producer->room_wanted.load(std::memory_order_relaxed);
    return head_ == nullptr && wanted != 0 && cursor_->load(std::memory_order_relaxed) < wanted;
  }

  // From where this consumer, or its group, goes on, to the newest message; in bytes.
  std::uint64_t lag() const noexcept {
    const Position at = head_ == nullptr ? position_ : head_->load(std::memory_order_acquire);
    const Position tail = ring_.producer->tail.load(std::memory_order_acquire);  // [N2] pairs with [N1]
    return tail > at ? tail - at : 0;
  }
  std::uint64_t lost() const noexcept { return lost_; }
  bool lossy() const noexcept { return ring_.may_overwrite() || ring_.consumers == nullptr; }
  const Ring<Memory>& ring() const noexcept { return ring_; }

 private:
  static constexpr int kAttempts = 1000;

  bool kept(Position position) const noexcept { return spared(ring_, position); }

  static inline const Word kWanted{1};

  const MessageHeader<Memory>* header_at(Position position) const noexcept {
    return reinterpret_cast<const MessageHeader<Memory>*>(slots_ + (position & mask_));
  }

  // Two threads may use it, of which one receives and the other gives back.
  std::atomic_ref<Position> given_back() noexcept { return std::atomic_ref(given_back_); }

  void stand_at(Position position) noexcept {
    position_ = position;
    header_ = header_at(position);
  }

  // How long a message may be to be borrowed without a second look: not at all, if there is more to it.
  void trust() noexcept {
    const bool plain = !validated_ && head_ == nullptr && lost_before_ == 0 && missed_ == 0;
    trusted_length_ = plain ? ring_.capacity / 2 - kMessageHeaderBytes + 1 : 0;
  }

  bool look_or_take() noexcept {
    if (head_ == nullptr) return look();
    if (holds() && !kept(position_)) give_up();
    return holds() || take();
  }

  // A member that holds nothing any more.
  void give_up() noexcept {
    next_ = position_;
    cursor_->store(kNowhere, std::memory_order_release);
  }

  bool borrow(Position position) noexcept {
    if (position == kNowhere) return false;  // a group that has no head yet; its tag would be the 0 of unused slots
    const MessageHeader<Memory>* header = header_at(position);
    if (header->tag.load(std::memory_order_acquire) != position + 1) return false;  // [T2]
    return look_twice(position, header->length_and_type.load(std::memory_order_relaxed));
  }

  [[gnu::noinline]] bool look_twice(Position position, std::uint64_t word) noexcept {
    if ((word & kLengthMask) > ring_.capacity / 2 - kMessageHeaderBytes) return false;
    // A member's, too: a peer can move the head to where the producer may write.
    if ((validated_ || head_ != nullptr) && !kept(position)) return false;
    if (!holds()) {  // not the same message again
      lost_before_ = std::exchange(missed_, 0);
      redelivered_ = false;
      trust();
    }
    word_ = word;
    next_ = position + extent_of(word & kLengthMask);
    return true;
  }

  // The producer waits, or may: does it wait for what was just released?
  [[gnu::noinline]] bool made_room(Position from, Position to) noexcept {
    if (fenced_) Memory::full_fence();
    const Position wanted = ring_.producer->room_wanted.load(std::memory_order_relaxed);
    const Position reached = head_ == nullptr ? to : head_->load(std::memory_order_relaxed);
    if (ring_.consumers == nullptr) return false;  // a spectator has no bell, and gates nobody
    return wanted != 0 && std::min(from, lowest_intent_) < wanted && reached >= wanted;
  }

  // Not as much as the producer waits for, maybe as much as it needs. Who goes to sleep asks it to look again; who gives
  // back while the other thread sleeps must do so himself.
  bool made_little_room() const noexcept {
    return ring_.consumers != nullptr && ring_.producer->room_wanted.load(std::memory_order_relaxed) != 0 &&
           ring_.consumers->sleepers.load(std::memory_order_relaxed) != 0;
  }

  // A member's: tells what it is about to take, then moves the group's head past it.
  bool take() noexcept {
    Position at = head_->load(std::memory_order_acquire);
    lowest_intent_ = at;
    for (int attempt = 0; attempt < kAttempts && borrow(at); ++attempt) {  // a peer can move the head for ever
      // [H1] release, and the release half of the exchange: pair with [H2]. Who sees the head moved sees this intent.
      // Without it the producer may overwrite what was just taken.
      cursor_->store(at, std::memory_order_release);
      names_intent_ = true;
      if (head_->compare_exchange_strong(at, next_, std::memory_order_acq_rel, std::memory_order_acquire)) {
        stand_at(at);
        return true;
      }
    }
    next_ = position_;
    if (names_intent_) cursor_->store(kNowhere, std::memory_order_release);
    names_intent_ = false;
    return false;
  }

  // A tag without a message that can be borrowed: overtaken just now, taken just now by another member, or garbage.
  Status doubt(Position at) noexcept {
    if (look_or_take()) return Status::kOk;
    if (!kept(at)) return Status::kEmpty;
    if (head_ != nullptr && head_->load(std::memory_order_acquire) != at) return Status::kEmpty;
    return committed_length(ring_, at) ? Status::kEmpty : Status::kCorrupt;
  }

  // Overtaken: goes on at the first boundary that has an eighth of the ring to spare, and counts what was missed.
  Status catch_up() noexcept {
    if (holds()) missed_ += lost_before_;  // it was not given back, so nobody was told
    const Index<Memory> index(ring_.producer, ring_.capacity);
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const Position tail = ring_.producer->tail.load(std::memory_order_acquire);  // [N2] pairs with [N1]
      auto place = index.first_at_or_above(floor_of(ring_) + ring_.capacity / 8, tail);
      if (!place) {
        place = newest(ring_);
        if (!place) return Status::kCorrupt;
      }
      if (place->position < position_ || place->messages < messages_) return Status::kCorrupt;
      missed_ += place->messages - messages_;
      lost_ += place->messages - messages_;
      stand_at(place->position);
      next_ = position_;
      messages_ = place->messages;
      trust();
      given_back().store(position_, std::memory_order_relaxed);
      cursor_->store(position_, std::memory_order_release);
      if (kept(position_)) return look() ? Status::kOk : Status::kEmpty;
    }
    return Status::kEmpty;
  }

  // What a receive and a release touch, in one cache line or two.
  const MessageHeader<Memory>* header_ = nullptr;  // at position_
  Position position_ = 0;                          // of the next message, or the borrowed one
  Position next_ = 0;                              // behind the borrowed message; position_: nothing is borrowed
  std::uint64_t trusted_length_ = 0;
  std::uint64_t word_ = 0;      // its length and type
  std::uint64_t messages_ = 0;  // before position_; of no meaning to a member
  const std::byte* slots_ = nullptr;
  std::uint64_t mask_ = 0;
  Word* cursor_ = nullptr;
  const Word* wanted_ = &kWanted;  // room_wanted; one that is always set, where a fence comes first
  Position released_ = 0;          // or-ed to the cursor on release: 0, or kNowhere for a member

  Ring<Memory> ring_{};
  Word* head_ = nullptr;
  Position given_back_ = 0;        // by release_below(): what lies below is the producer's
  std::uint64_t missed_ = 0;       // since the last message
  std::uint64_t lost_before_ = 0;  // before the borrowed message
  std::uint64_t lost_ = 0;         // in all
  bool redelivered_ = false;
  bool validated_ = false;
  bool fenced_ = false;
  bool names_intent_ = false;          // in its own line
  Position lowest_intent_ = kNowhere;  // of the last take: the one that held the producer the longest
};

}  // namespace ringmain::algorithm
