// SPDX-License-Identifier: MIT
#include "programs/bench/task.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "quantity.hpp"

namespace ringmain::bench {
namespace {

constexpr std::array kWorkloads{
    Workload{Work::kRoundTrip, "round-trip",
             "A message there and an answer back, one at a time. The time is that of both together. The ring's and the "
             "limit's sides spin (busy-wait) for the answer."},
    Workload{Work::kSleepingRoundTrip, "sleeping-round-trip",
             "The same, but both sides sleep in the kernel while they wait; they think for 30 us before each message, "
             "which isn't counted."},
    Workload{Work::kStream, "stream", "One side sends as fast as it can, the other one reads."},
    Workload{Work::kWakeUp, "wake-up",
             "After a silence of 300 us comes one message: the time from just before it is sent until it is read."},
    Workload{Work::kPaced, "paced",
             "Messages leave on a schedule, whether or not those before have arrived; the time counts from the "
             "schedule (no coordinated omission) until the message is read."},
    Workload{Work::kBurst, "burst",
             "After a silence of 300 us comes a burst of messages: the time from just before the first is sent until "
             "the last is read."},
    Workload{Work::kFanOut, "fan-out",
             "One side sends, several read every message. The ring has one copy for all; of the others each reader "
             "needs a channel of its own."},
    Workload{Work::kWorkSharing, "work-sharing",
             "One side sends, several share the messages between them. The ring's readers take what comes next; with "
             "the others each has a channel, and the channels are filled in turns."},
};

std::string heading(const Task& task) {
  switch (task.work) {
    case Work::kRoundTrip: return "Round trip, spinning";
    case Work::kSleepingRoundTrip: return "Round trip, sleeping";
    case Work::kStream: return "Stream";
    case Work::kWakeUp: return "Wake-up after idling";
    case Work::kPaced: return fmt::format("Paced, {:.0f} messages a second", task.rate);
    case Work::kBurst: return fmt::format("Burst of {} messages", task.burst);
    case Work::kFanOut: return fmt::format("Fan-out to {}", task.consumers);
    case Work::kWorkSharing: return fmt::format("Work shared by {}", task.consumers);
  }
  return {};
}

const char* touched(Touch touch) {
  switch (touch) {
    case Touch::kAll: return "";
    case Touch::kAllCopied: return " (copied in)";
    case Touch::kLines: return " (one word a line touched)";
    case Touch::kEnds: return " (first and last word touched)";
  }
  return "";
}

}  // namespace

std::span<const Workload> workloads() { return kWorkloads; }

const Workload& workload(Work work) {
  return *std::find_if(kWorkloads.begin(), kWorkloads.end(), [&](const Workload& w) { return w.work == work; });
}

std::string title(const Task& task) {
  return fmt::format("{}, messages of {}{}", heading(task), cli::human_bytes(task.payload.bytes),
                     touched(task.payload.touch));
}

}  // namespace ringmain::bench
