// SPDX-License-Identifier: MIT
#include "bell.hpp"

#include "futex.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"

namespace ringmain {

namespace {

// The sleeper's barrier, between "I am about to sleep" and his last look. False: the other side was not reached.
bool barrier(const algorithm::Ring<>& ring) noexcept {
  algorithm::NativeMemory::full_fence();
  return ring.full_fences || barrier_everywhere();
}

}  // namespace

// False: nobody would wake us for sure.
bool ConsumerBell::raise_flag(std::uint32_t bell) noexcept {
  if (ring_->consumers == nullptr) return false;  // a spectator has no flag
  auto& area = *ring_->consumers;
  // [B2] the flag, then the barrier, then the last look: pairs with [B1]. A flag that is still up while the bell hasn't
  // changed was not taken down since, or the bell is about to change and end our sleep: the barrier of that time holds.
  if (area.sleepers.load(std::memory_order_relaxed) == 0 || raised_at_ != bell) {
    area.sleepers.store(1, std::memory_order_relaxed);
    raised_at_ = barrier(*ring_) ? std::optional(bell) : std::nullopt;
  }
  // The producer may have asked for more room than there will be if we sleep.
  if (ring_->producer->room_wanted.load(std::memory_order_relaxed) != 0) ring_room_bell(area);
  return raised_at_.has_value();
}

ConsumerBell::Bed ConsumerBell::lie_down() noexcept {
  // [S1] acquire: the bell is read first, then the flag is raised, then the caller looks again. Pairs with [S2]. With the
  // flag before the bell, or the look before the flag, a message committed in between would find nobody to wake, or
  // ring a bell that is read afterwards.
  const std::uint32_t bell = ring_->producer->bell.load(std::memory_order_acquire);
  const bool safe = raise_flag(bell);
  if (sleeping_ != nullptr) sleeping_->store(1, std::memory_order_relaxed);  // for monitors; we alone write
  return Bed{{&ring_->producer->bell, bell}, safe};
}

void ConsumerBell::rise() noexcept {
  if (sleeping_ != nullptr) sleeping_->store(0, std::memory_order_relaxed);
}

bool sleep_for_room(algorithm::Producer<>& producer, std::uint64_t extent, std::chrono::nanoseconds at_most) noexcept {
  const algorithm::Ring<>& ring = producer.ring();
  const std::uint32_t bell = ring.consumers->room_bell.load(std::memory_order_acquire);
  // [W3] the wish, then the barrier, then the last look: pairs with [W2].
  producer.want_room(producer.cursor_wanted(extent));
  const bool sure = barrier(ring);
  bool room = producer.refresh_limit(extent);
  if (!room) {
    ring.producer->room_waits.fetch_add(1, std::memory_order_relaxed);
    futex_wait({&ring.consumers->room_bell, bell}, sure ? at_most : std::min<std::chrono::nanoseconds>(at_most, kNap));
    room = producer.refresh_limit(extent);
  }
  producer.want_room(0);
  return room;
}

void ring_bell_for_all(const algorithm::Ring<>& ring) noexcept {
  // [S2] the flag down, then the bell, then the wake: pairs with [S1]. Who raises the flag after we took it down reads
  // the bell before, so he finds it changed; who reads the new bell has looked at what we committed.
  ring.consumers->sleepers.exchange(0, std::memory_order_acq_rel);
  ring.producer->bell.fetch_add(1, std::memory_order_acq_rel);
  futex_wake_all(ring.producer->bell);
}

void ring_room_bell(algorithm::ConsumersArea<algorithm::NativeMemory>& consumers) noexcept {
  consumers.room_bell.fetch_add(1, std::memory_order_acq_rel);
  futex_wake_all(consumers.room_bell);
}

namespace detail {

void ring_bell(algorithm::Producer<>& producer) noexcept {
  const algorithm::Ring<>& ring = producer.ring();
  ring.producer->bells.fetch_add(1, std::memory_order_relaxed);
  ring_bell_for_all(ring);
}

void ring_room_bell(algorithm::Reader<>& reader) noexcept { ringmain::ring_room_bell(*reader.ring().consumers); }

}  // namespace detail

}  // namespace ringmain
