// The physical limits: the same work over plain shared memory, with no protocol at all.
// SPDX-License-Identifier: MIT
#include <algorithm>

#include "carriers/blocks.hpp"
#include "carriers/futex.hpp"
#include "carriers/lines.hpp"
#include "programs/bench/carriers.hpp"
#include "programs/bench/entrant.hpp"

namespace ringmain::bench {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kLargestInLines = 256;  // bytes; above, a tag for every message is nothing
constexpr std::size_t kSlots = 1 << 16;

Contestants round_trips(const Task& task) {
  const std::size_t bytes = task.payload.bytes;
  Contestants all;
  if (bytes > kLargestInLines) {
    all.push_back(round_trip_of<Blocks>("raw memory", task, bytes, std::max(kMiB, 2 * bytes)));
    return all;
  }
  using Plain = Lines<FlowControl::kNone>;
  using Prefetched = Lines<FlowControl::kNone, 4>;
  all.push_back(round_trip_of<Plain>("raw line", task, bytes, kSlots));
  all.push_back(round_trip_of<Prefetched>("raw line, prefetched", task, bytes, kSlots));
  all.push_back(round_trip_of<Plain>("raw line, always the same", task, bytes, std::size_t{1}));
  return all;
}

Contestants one_ways(const Task& task) {
  const std::size_t bytes = task.payload.bytes;
  Contestants all;
  if (bytes > kLargestInLines) {
    all.push_back(one_way_of<Blocks>("raw memory", task, bytes, std::max(8 * kMiB, 4 * bytes)));
    all.push_back(one_way_of<Blocks>("raw memory, 16 MiB", task, bytes, std::max(16 * kMiB, 4 * bytes)));
    return all;
  }
  all.push_back(one_way_of<Lines<FlowControl::kSparse>>("raw line", task, bytes, kSlots));
  if (task.work == Work::kStream) {
    using Prefetched = Lines<FlowControl::kSparse, 16>;
    using Patient = Lines<FlowControl::kSparse, 0, 128>;
    all.push_back(one_way_of<Prefetched>("raw line, prefetched", task, bytes, kSlots));
    all.push_back(one_way_of<Patient>("raw line, patient reader", task, bytes, kSlots));
  }
  return all;
}

}  // namespace

Contestants limits_of(const Task& task) {
  Contestants all;
  switch (task.work) {
    case Work::kRoundTrip: return round_trips(task);
    case Work::kStream:
    case Work::kPaced:
    case Work::kBurst: return one_ways(task);
    case Work::kSleepingRoundTrip: all.push_back(round_trip_of<Futex>("raw futex", task, task.payload.bytes)); break;
    case Work::kWakeUp: all.push_back(one_way_of<Futex>("raw futex", task, task.payload.bytes)); break;
    case Work::kFanOut:
    case Work::kWorkSharing: break;
  }
  return all;
}

}  // namespace ringmain::bench
