// Waiting for any number of rings at once.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "ringmain/consumer.hpp"

namespace ringmain {

// Consumers that one thread waits for together. Used, with all its consumers, by one thread at a time. A consumer must
// outlive its membership, and stay where it is; it may be in several sets, and receive in between as it likes.
class WaitSet {
 public:
  WaitSet();
  WaitSet(WaitSet&&) noexcept;
  WaitSet& operator=(WaitSet&&) noexcept;
  ~WaitSet();

  // Throw kBadOption: it is a member already; it is none. They cost the next wait a look at every ring. Their own time
  // grows with size(): they search.
  void add(Consumer& consumer);
  void remove(Consumer& consumer);
  std::size_t size() const noexcept;

  // Waits until a member has a message (a borrowed one counts), or has come to an end: try_receive() on the one
  // returned tells. One that came to an end is returned again until it is removed. Null: the timeout passed; without
  // members that is at once.
  //
  // Fair: who was returned last is looked at last, so a busy ring doesn't keep another waiting.
  //
  // Spins for the longest ConsumerOptions::spin among the members, then sleeps on all their bells: up to 128 by
  // futex_waitv; above that by an io_uring whose waits stay armed, so that only the rings that rang are looked at (in
  // between they may end the thread's other blocking calls with EINTR). Looks at all every 50 ms, for the dead ring no
  // bell. Sleeps in steps of 1 ms with a spectator among the members; before Linux 5.16; and above 128 rings before
  // Linux 6.7, where io_uring is forbidden, or above 32768.
  [[nodiscard]] Consumer* wait(std::chrono::nanoseconds timeout = kForever) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ringmain
