// A carrier as a contestant in any workload.
// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "carriers/channels.hpp"
#include "harness/contest.hpp"
#include "programs/bench/task.hpp"
#include "workloads/after_silence.hpp"
#include "workloads/distribution.hpp"
#include "workloads/paced.hpp"
#include "workloads/round_trip.hpp"
#include "workloads/stream.hpp"

namespace ringmain::bench {

inline constexpr std::uint64_t kThinkNs = 30'000;  // longer than any way to bed

// `arguments` make the carrier C.
template <class C, class... Arguments>
std::unique_ptr<Contestant> round_trip_of(std::string name, const Task& task, const Arguments&... arguments) {
  auto contestant = std::make_unique<RoundTrip<C>>(std::move(name), task.payload, arguments...);
  if (task.work == Work::kSleepingRoundTrip) contestant->think_for(kThinkNs);
  return contestant;
}

template <class C, class... Arguments>
std::unique_ptr<Contestant> one_way_of(std::string name, const Task& task, const Arguments&... arguments) {
  switch (task.work) {
    case Work::kWakeUp:
      return std::make_unique<AfterSilence<C>>(std::move(name), task.payload, Silence{}, arguments...);
    case Work::kBurst:
      return std::make_unique<AfterSilence<C>>(std::move(name), task.payload, Silence{.burst = task.burst},
                                               arguments...);
    case Work::kPaced: return std::make_unique<Paced<C>>(std::move(name), task.payload, task.rate, arguments...);
    default: return std::make_unique<Stream<C>>(std::move(name), task.payload, arguments...);
  }
}

template <class C, class... Arguments>
std::unique_ptr<Contestant> entrant(std::string name, const Task& task, const Arguments&... arguments) {
  switch (task.work) {
    case Work::kRoundTrip:
    case Work::kSleepingRoundTrip: return round_trip_of<C>(std::move(name), task, arguments...);
    case Work::kFanOut:
      return std::make_unique<Distribution<Channels<C>>>(std::move(name), task.payload, Sharing::kEveryMessageEach,
                                                         task.consumers, arguments...);
    case Work::kWorkSharing:
      return std::make_unique<Distribution<Channels<C>>>(std::move(name), task.payload, Sharing::kEachMessageOnce,
                                                         task.consumers, arguments...);
    default: return one_way_of<C>(std::move(name), task, arguments...);
  }
}

}  // namespace ringmain::bench
