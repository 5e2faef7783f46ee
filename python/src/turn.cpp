// SPDX-License-Identifier: MIT
#include "turn.hpp"

#include <pthread.h>

#include "failure.hpp"
#include "without_gil.hpp"

namespace ringmain::python {

namespace {
int fork_count = 0;
}

int forks() noexcept { return fork_count; }

void count_forks() {
  ::pthread_atfork(nullptr, nullptr, [] { ++fork_count; });
}

void Turnstile::enter() {
  if (foreign()) [[unlikely]] {
    raise(Status::kLeaseLost, "this handle belongs to the parent process; open one of its own in the child");
  }
  if (taken_) [[unlikely]] {
    queue();
  }
  taken_ = true;
  owner_ = std::this_thread::get_id();
}

void Turnstile::queue() {
  if (mine()) {
    raise(PyExc_RuntimeError, "a call of this handle is under way in this very thread (from a signal handler?)");
  }
  ++queued_;
  while (taken_) {
    {
      const WithoutGil released;
      std::unique_lock lock(mutex_);
      freed_.wait_for(lock, kSlice);
    }
    if (PyErr_CheckSignals() != 0) {
      --queued_;
      throw nb::python_error();
    }
  }
  --queued_;
}

void Turnstile::leave() noexcept {
  taken_ = false;
  if (queued_ != 0) [[unlikely]] {
    freed_.notify_one();
  }
}

}  // namespace ringmain::python
