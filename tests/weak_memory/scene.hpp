// A small ring in checked memory, its producer, and what both sides of a scenario do.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "ringmain/algorithm/producer.hpp"
#include "ringmain/algorithm/reader.hpp"
#include "support/attached.hpp"
#include "support/plain_ring.hpp"
#include "weak_memory/checked_memory.hpp"

namespace ringmain::testing {

using CheckedProducer = algorithm::Producer<CheckedMemory>;
using CheckedReader = algorithm::Reader<CheckedMemory>;
using CheckedAttached = Attached<CheckedMemory>;

inline constexpr std::uint64_t kPage = 4096;  // the smallest capacity that can be mapped twice

// The length of a message that takes so many bytes of the ring.
constexpr std::uint64_t length_of(std::uint64_t extent) { return extent - algorithm::kMessageHeaderBytes; }

class Scene : public model::Scenario {
 public:
  explicit Scene(std::uint64_t capacity = kPage, Policy policy = Policy::kWait, bool fenced = false)
      : ring(capacity, policy), first_producer(ring.ring(), fenced) {
    first_producer.begin();
  }

  std::span<std::byte> memory() override {
    auto* const from = reinterpret_cast<std::byte*>(&ring.lines());
    return {from, ring.ring().slots + ring.capacity()};
  }
  void begin() override {
    producer = first_producer;
    told = false;
  }

 protected:
  // Publishes before the executions, or in one by party 0, a message whose payload begins with `value`. False: no room.
  bool publish(std::uint64_t length, std::uint64_t value = 0) {
    CheckedProducer& by = model::running() ? producer : first_producer;
    std::byte* const claim = room_for(by, length);
    if (claim == nullptr) return false;
    write_payload(claim, value);
    told |= by.commit(length, 0);
    return true;
  }
  // Where a position is, without the mirror.
  std::byte* at(Position position) const { return ring.ring().slots + position % ring.capacity(); }

  static std::byte* room_for(CheckedProducer& by, std::uint64_t length) {
    std::byte* const claim = by.try_claim(length);
    if (claim != nullptr || !by.refresh_limit(algorithm::extent_of(length))) return claim;
    return by.try_claim(length);
  }

  PlainRing<CheckedMemory> ring;
  CheckedProducer first_producer;  // as it is before each execution
  CheckedProducer producer;
  bool told = false;  // of somebody who sleeps
};

// A ring of one page that is full of four messages, but for the slot that is always free. The next message is to lie over
// the payload of the first, as soon as that is released.
class FullScene : public Scene {
 public:
  explicit FullScene(Policy policy = Policy::kWait, bool fenced = false) : Scene(kPage, policy, fenced) {}

 protected:
  static constexpr std::uint64_t kFirst = 1;  // the first message's payload
  static constexpr std::uint64_t kNext = 7;   // what lies over it
  static constexpr std::uint64_t kQuarter = kPage / 4;
  static constexpr Position kFull = kPage - algorithm::kSlotBytes;

  // After whoever is to gate has begun.
  void fill() {
    for (std::uint64_t value = kFirst; value < kFirst + 3; ++value) require(publish(length_of(kQuarter), value));
    require(publish(length_of(kFull - 3 * kQuarter), kFirst + 3));
  }
  std::byte* payload_of_first() const { return at(algorithm::kMessageHeaderBytes); }

  // Two slots, of which the second is the first message's first.
  static constexpr std::uint64_t kNextLength = length_of(2 * algorithm::kSlotBytes);
  void publish_over_the_first() {
    if (room_for(producer, kNextLength) == nullptr) return;
    write_payload(payload_of_first(), kNext);
    (void)producer.commit(kNextLength, 0);
  }

 private:
  static void require(bool right) {
    if (!right) throw std::logic_error("the scene has no room");
  }
};

}  // namespace ringmain::testing
