// What is measured: a workload with its numbers.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "workloads/payload.hpp"

namespace ringmain::bench {

enum class Work : std::uint8_t {
  kRoundTrip,
  kSleepingRoundTrip,
  kStream,
  kWakeUp,
  kPaced,
  kBurst,
  kFanOut,
  kWorkSharing,
};

struct Workload {
  Work work;
  std::string_view name;         // on the command line
  std::string_view description;  // what happens and what the figure is, in a sentence
};

// All of them, in the order in which they are measured.
std::span<const Workload> workloads();
const Workload& workload(Work work);

struct Task {
  Work work = Work::kStream;
  Payload payload{};
  std::size_t consumers = 1;
  double rate = 100'000;       // of kPaced, messages a second
  std::uint64_t burst = 1000;  // of kBurst, messages
  std::size_t batch = 1;       // of kStream, messages that are sent at once where the carrier gathers them
};

// Measured in latencies rather than in messages a second.
constexpr bool is_about_time(Work work) noexcept {
  return work != Work::kStream && work != Work::kFanOut && work != Work::kWorkSharing;
}

std::string title(const Task& task);  // "Stream, messages of 64 KiB"

}  // namespace ringmain::bench
