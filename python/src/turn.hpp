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
  bool taken() const noexcept { return taken_; }
  bool foreign() const noexcept { return forks_ != forks(); }                            // in a forked child
  bool mine() const noexcept { return taken_ && owner_ == std::this_thread::get_id(); }  // and not foreign()

 private:
  void queue();

  bool taken_ = false;
  int queued_ = 0;
  int forks_ = forks();
  std::thread::id owner_{};
  std::mutex mutex_;
  std::condition_variable freed_;
};

// `Handle` has a `turnstile_`, and says with finish_closing() what is left to do if it was closed during the turn by the
// very thread that has it: by a signal handler, for one.
template <class Handle>
class Turn {
 public:
  explicit Turn(Handle& handle) : handle_(handle) { handle.turnstile_.enter(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (handle_.closed()) [[unlikely]] {
      handle_.finish_closing();
    }
    handle_.turnstile_.leave();
  }

 private:
  Handle& handle_;
};

}  // namespace ringmain::python
