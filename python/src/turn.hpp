// One thread at a time: a handle of the ring is no one's who doesn't have its turn.
// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "python.hpp"

namespace ringmain::python {

// How often a thread that waits without the GIL comes back: for Ctrl-C, for a handle that was closed meanwhile.
inline constexpr std::chrono::milliseconds kSlice{50};

// How many forks this process is away from the one that loaded the module.
int forks() noexcept;
void count_forks();  // from now on; once

// What threads queue for. Its words are guarded by the GIL; whoever waits for another thread does so without it.
class Turnstile {
 public:
  // Raises LeaseLost in a forked child, and RuntimeError for who has the turn already: a signal handler, a finalizer.
  void enter();
  void leave() noexcept;
  bool foreign() const noexcept { return forks_ != forks(); }  // in a forked child

 private:
  void queue();

  bool taken_ = false;
  int queued_ = 0;
  int forks_ = forks();
  std::thread::id owner_{};
  std::mutex mutex_;
  std::condition_variable freed_;
};

class Turn {
 public:
  explicit Turn(Turnstile& turnstile) : turnstile_(turnstile) { turnstile_.enter(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() { turnstile_.leave(); }

 private:
  Turnstile& turnstile_;
};

}  // namespace ringmain::python
