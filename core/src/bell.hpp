// Waiting: spin for a while, then sleep on a futex, so that a busy ring makes no system call and an idle one uses no CPU.
//
// Two bells: `bell` (in `ring`) wakes consumers, `room_bell` (in `consumers`) wakes the producer. The order of the steps
// is what keeps a wakeup from being lost; docs/memory_ordering.md tells why no other order does.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>

#include "clock.hpp"
#include "futex.hpp"
#include "ringmain/algorithm/producer.hpp"
#include "ringmain/algorithm/reader.hpp"

namespace ringmain {

// No wait is longer: a sleeper looks around itself this often, for the dead ring no bell.
inline constexpr std::chrono::milliseconds kRound{50};

// But for who has waited in vain for so many: they are twice as long, since it is the waking that an idle process pays for.
inline constexpr int kPatientRounds = 20;

// Where a barrier can't be forced on the other side, nobody sleeps longer than this.
inline constexpr std::chrono::milliseconds kNap{1};

// Calls ready() some times, with a pause in between, until it is true (then so is the result).
template <class Ready>
bool glance(Ready&& ready) noexcept {
  constexpr int kLooks = 64;  // between two looks at the clock: about a microsecond
  for (int i = 0; i < kLooks; ++i) {
    if (ready()) return true;
    algorithm::NativeMemory::pause();
  }
  return false;
}

// The same for at most `budget`.
template <class Ready>
bool spin(std::chrono::nanoseconds budget, Ready&& ready) noexcept {
  const Deadline end(budget);
  do {
    if (glance(ready)) return true;
  } while (!end.passed());
  return false;
}

// A consumer's way to bed: lie down, look again, and only then sleep on what lie_down() returned.
class ConsumerBell {
 public:
  ConsumerBell(const algorithm::Ring<>& ring, std::atomic<std::uint32_t>* sleeping) noexcept
      : ring_(&ring), sleeping_(sleeping) {}

  struct Bed {
    FutexWord bell;
    bool safe;  // false: nobody will wake us for sure, so don't sleep longer than kNap
    std::chrono::nanoseconds at_most() const noexcept { return safe ? std::chrono::nanoseconds(kRound) : kNap; }
  };
  Bed lie_down() noexcept;
  void rise() noexcept;

  // The three steps for one ring: sleeps at most `at_most`, unless look_again() is true. May return early.
  template <class LookAgain>
  void sleep(std::chrono::nanoseconds at_most, LookAgain&& look_again) noexcept {
    const Bed bed = lie_down();
    if (!look_again()) futex_wait(bed.bell, bed.safe ? at_most : std::min<std::chrono::nanoseconds>(at_most, kNap));
    rise();
  }

 private:
  bool raise_flag(std::uint32_t bell) noexcept;

  const algorithm::Ring<>* ring_;
  std::atomic<std::uint32_t>* sleeping_;      // of the own line; null for a spectator
  std::optional<std::uint32_t> raised_at_{};  // the bell when the flag was raised and the barrier done
};

// The producer's way to bed: asks for room, looks again, sleeps. True: there is room for `extent` bytes.
bool sleep_for_room(algorithm::Producer<>& ring, std::uint64_t extent, std::chrono::nanoseconds at_most) noexcept;

// Wakes every consumer, whatever the flag says: the ring was closed, taken over, removed, or somebody was evicted.
void ring_bell_for_all(const algorithm::Ring<>& ring) noexcept;

// Wakes the producer: somebody attached, left, was reaped, or goes to sleep.
void ring_room_bell(algorithm::ConsumersArea<algorithm::NativeMemory>& consumers) noexcept;

}  // namespace ringmain
