// Waiting for the other side. The GIL is kept as long as it comes at once, and given away to sleep; Ctrl-C always works.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>

#include "ringmain/segment.hpp"
#include "turn.hpp"
#include "without_gil.hpp"

namespace ringmain::python {

using Clock = std::chrono::steady_clock;

// Seconds, as Python has them: None or inf is for ever, 0 or less is not at all. Raises ValueError for NaN.
std::chrono::nanoseconds nanoseconds_of(nb::handle seconds);

// For so long a wait keeps the GIL: to give it away costs another 5 ms if some Python thread is busy.
inline constexpr std::chrono::microseconds kWithGil{20};

inline bool is_vain(Status status) noexcept {
  return status == Status::kEmpty || status == Status::kTimedOut || status == Status::kNoRoom;
}

// Calls wait(time) -> Status until it isn't in vain, at most `timeout`; the first time with the GIL, if `spins`. After
// each of the others, at least every 50 ms, come signals, and before it `go_on()`; either may raise, and go_on() may
// return false to end the wait. What is returned is the last status. Who was interrupted has taken nothing yet.
template <class Wait, class GoOn>
Status wait_in_slices(std::chrono::nanoseconds timeout, bool spins, Wait&& wait, GoOn&& go_on) {
  if (timeout.count() <= 0) return Status::kTimedOut;
  Status status = Status::kEmpty;
  if (spins) {
    status = wait(std::min<std::chrono::nanoseconds>(timeout, kWithGil));
    if (!is_vain(status)) return status;
  }
  const bool forever = timeout == kForever;
  const auto deadline = forever ? Clock::time_point::max() : Clock::now() + timeout;
  for (;;) {
    if (!go_on()) return status;
    std::chrono::nanoseconds slice = kSlice;
    if (!forever)
      slice = std::clamp<std::chrono::nanoseconds>(deadline - Clock::now(), std::chrono::nanoseconds{0}, slice);
    {
      const WithoutGil released;
      status = wait(slice);
    }
    if (PyErr_CheckSignals() != 0) throw nb::python_error();
    if (!is_vain(status)) return status;
    if (!forever && Clock::now() >= deadline) return Status::kTimedOut;
  }
}

}  // namespace ringmain::python
