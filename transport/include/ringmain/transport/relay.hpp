// Receive here, send there.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>

#include "ringmain/transport/pacer.hpp"
#include "ringmain/transport/sink.hpp"
#include "ringmain/transport/source.hpp"

namespace ringmain::transport {

// Exact, also when relay() throws.
struct RelayCounters {
  std::uint64_t messages = 0;  // taken by the sink
  std::uint64_t bytes = 0;     // of payload
  std::uint64_t lost = 0;      // messages that the source knows it has missed
  std::uint64_t redelivered = 0;
};

struct RelayOptions {
  std::uint64_t limit = 0;       // end after so many messages; 0: never
  std::uint64_t byte_limit = 0;  // end when so many bytes of payload were moved, or more; 0: never
  Rate rate{};
  const std::atomic<bool>* stop = nullptr;      // set by a signal handler or another thread: end soon
  std::chrono::nanoseconds progress_period{0};  // 0: no progress is told
  std::function<void(const RelayCounters&)> progress{};
};

// Moves messages until the source ends, the limit is reached or `stop` is set (what the source has taken off its carrier
// is passed on even then); then flushes and, unless `stop` was set and the sink has no room for a second, closes the
// sink. Batches: the sink is flushed when the source has nothing more at that moment, so a message never waits for the
// next one. Returns kEnd (the source ended), kOk (the limit) or kTimedOut (`stop`). Throws what either end throws; the
// sink is then flushed but not closed, so its other end learns that the stream is incomplete.
Status relay(Source& source, Sink& sink, RelayCounters& counters, const RelayOptions& options = {});

}  // namespace ringmain::transport
