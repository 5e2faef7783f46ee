// What a wait set does for any number of rings, however it sleeps. What isn't as it must be is thrown.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <set>
#include <string>
#include <thread>

#include "ringmain/producer.hpp"
#include "ringmain/wait_set.hpp"
#include "support/child.hpp"
#include "support/scale.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

struct SmallRing {
  Producer producer = Producer::create_unnamed({.capacity = std::size_t{64} << 10});
  Consumer consumer = Consumer::attach(producer.descriptors(), {.spin = std::chrono::nanoseconds{0}});

  void publish() { require(producer.try_publish(std::array<std::byte, 5>{}) == Status::kOk, "publish"); }
  void receive() { require(static_cast<bool>(consumer.try_receive()), "nothing to receive"); }
};

class WaitScene {
 public:
  explicit WaitScene(std::size_t rings) : rings_(rings) {
    for (SmallRing& ring : rings_) set_.add(ring.consumer);
  }

  std::size_t size() const { return rings_.size(); }
  SmallRing& ring(std::size_t number) { return rings_[number]; }
  WaitSet& set() { return set_; }

  // All have been looked at, and slept on.
  void fall_asleep() { require(set_.wait(std::chrono::milliseconds(1)) == nullptr, "something in an empty ring"); }

  // The next to be returned, at once, is ring `number`; its message is received.
  void expect(std::size_t number) {
    const std::size_t found = number_of(set_.wait(std::chrono::nanoseconds{0}));
    require(found == number, "ring " + std::to_string(found) + " instead of " + std::to_string(number));
    rings_[number].receive();
  }
  std::size_t number_of(const Consumer* consumer) const {
    for (std::size_t i = 0; i < rings_.size(); ++i) {
      if (&rings_[i].consumer == consumer) return i;
    }
    return rings_.size();
  }

 private:
  std::deque<SmallRing> rings_;
  WaitSet set_;
};

inline void sleeps_until_any_ring_rings(std::size_t rings) {
  WaitScene scene(rings);
  for (const std::size_t number : {rings - 1, rings / 2, std::size_t{0}, std::size_t{0}}) {
    std::thread late([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      scene.ring(number).publish();
    });
    Consumer* const found = scene.set().wait();
    late.join();
    require(scene.number_of(found) == number, "another ring");
    scene.ring(number).receive();
    scene.fall_asleep();
  }
}

// Two sides that sleep until the other has answered. Were they not woken, each round would take two look-arounds, and all
// rounds longer than a test may.
inline void wakes_at_every_message(std::size_t rings) {
  WaitScene here(rings);
  WaitScene there(rings);
  const std::size_t rounds = scaled(std::size_t{2000});
  const auto ring_of = [&](std::size_t round) { return round * 7 % rings; };
  std::thread other([&] {
    for (std::size_t round = 0; round < rounds; ++round) {
      require(there.number_of(there.set().wait()) == ring_of(round), "another ring");
      there.ring(ring_of(round)).receive();
      here.ring(ring_of(round)).publish();
    }
  });
  for (std::size_t round = 0; round < rounds; ++round) {
    there.ring(ring_of(round)).publish();
    require(here.number_of(here.set().wait()) == ring_of(round), "another ring");
    here.ring(ring_of(round)).receive();
  }
  other.join();
}

inline void serves_all_in_turns(std::size_t rings) {
  WaitScene scene(rings);
  for (int asleep = 0; asleep < 2; ++asleep) {
    for (int i = 0; i < 3; ++i) {
      for (std::size_t number = 0; number < rings; ++number) scene.ring(number).publish();
    }
    for (std::size_t i = 0; i < 3 * rings; ++i) scene.expect(i % rings);
    scene.fall_asleep();
  }
}

// One is always ready; the other is slept on when it gets something.
inline void a_busy_ring_starves_nobody(std::size_t rings) {
  WaitScene scene(rings);
  const std::size_t other = rings - 1;
  scene.fall_asleep();
  for (int i = 0; i < 10; ++i) scene.ring(0).publish();
  scene.expect(0);
  scene.ring(other).publish();
  scene.expect(other);
  scene.expect(0);
  scene.expect(0);
  scene.ring(other).publish();
  scene.expect(other);
}

inline void names_who_ended_until_it_is_removed(std::size_t rings) {
  WaitScene scene(rings);
  SmallRing& ended = scene.ring(rings / 2);
  scene.fall_asleep();
  ended.producer.close();
  for (int i = 0; i < 3; ++i) {
    require(scene.set().wait() == &ended.consumer, "not the one that ended");
    require(ended.consumer.try_receive().status() == Status::kEnd, "no end");
  }
  scene.set().remove(ended.consumer);
  require(scene.set().size() == rings - 1, "still a member");
  scene.fall_asleep();
}

inline void members_come_and_go_between_waits(std::size_t rings) {
  WaitScene scene(rings);
  scene.fall_asleep();
  scene.set().remove(scene.ring(0).consumer);
  scene.ring(0).publish();
  scene.fall_asleep();  // of the others
  scene.ring(rings - 1).publish();
  scene.expect(rings - 1);
  scene.set().add(scene.ring(0).consumer);
  scene.expect(0);
  scene.fall_asleep();

  // Who goes takes nobody's turn: the last ring is next, then the first.
  for (std::size_t number = 0; number < rings; ++number) scene.ring(number).publish();
  for (std::size_t number = 1; number < rings - 1; ++number) scene.expect(number);
  scene.set().remove(scene.ring(1).consumer);
  scene.expect(rings - 1);
  scene.expect(0);
  { const Consumer gone = std::move(scene.ring(1).consumer); }
  scene.fall_asleep();
}

inline void notices_a_producer_that_died(std::size_t rings) {
  WaitScene scene(rings);
  const TemporaryDirectory directory;
  const Child mortal([&] {
    const auto producer = Producer::create("mortal", {.directory = directory.path(), .capacity = 64 << 10});
    ::pause();
  });
  auto consumer = Consumer::attach(
      "mortal", {.directory = directory.path(), .wait_for_ring = kForever, .spin = std::chrono::nanoseconds{0}});
  scene.set().add(consumer);
  scene.fall_asleep();
  mortal.signal(SIGKILL);
  require(scene.set().wait() == &consumer, "not the one whose producer died");
  require(consumer.try_receive().status() == Status::kProducerLost, "not lost");
}

inline void notices_a_ring_that_was_removed(std::size_t rings) {
  WaitScene scene(rings);
  const TemporaryDirectory directory;
  const auto producer = Producer::create("ring", {.directory = directory.path(), .capacity = 64 << 10});
  auto consumer = Consumer::attach("ring", {.directory = directory.path(), .spin = std::chrono::nanoseconds{0}});
  scene.set().add(consumer);
  scene.fall_asleep();
  ringmain::remove("ring", directory.path(), /*even_if_in_use=*/true);
  require(scene.set().wait() == &consumer, "not the one whose ring was removed");
  require(consumer.try_receive().status() == Status::kRemoved, "not removed");
}

// For three rings or more.
inline void play_every_wait_scene(std::size_t rings) {
  sleeps_until_any_ring_rings(rings);
  serves_all_in_turns(rings);
  a_busy_ring_starves_nobody(rings);
  names_who_ended_until_it_is_removed(rings);
  members_come_and_go_between_waits(rings);
  notices_a_producer_that_died(rings);
  notices_a_ring_that_was_removed(rings);
}

}  // namespace ringmain::testing
