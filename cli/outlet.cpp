// SPDX-License-Identifier: MIT
#include "outlet.hpp"

#include <time.h>

#include <algorithm>

#include "failure.hpp"
#include "interruption.hpp"

namespace ringmain::cli {
namespace {

using Clock = std::chrono::steady_clock;

// An interruption ends it early.
void sleep_for(std::chrono::nanoseconds duration) {
  constexpr auto kSecond = std::chrono::nanoseconds(std::chrono::seconds(1)).count();
  const timespec time{duration.count() / kSecond, duration.count() % kSecond};
  ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}

}  // namespace

Claim Outlet::claim(std::size_t bytes) {
  constexpr std::chrono::milliseconds kPatience{100};  // the longest time until an interruption is noticed
  for (;;) {
    if (options_.end_with_consumers) look_for_consumers();
    if (over()) return {};
    Claim room = producer_.claim_for(bytes, kPatience);
    if (room) return room;
    if (room.status() != Status::kTimedOut) throw Failure(room.status(), describe(room.status()));
  }
}

void Outlet::commit(Claim& room, std::size_t used) {
  room.commit(used, 0);
  tally_.count(used);
  if (!pacer_.paces() || over()) return;
  const auto due = Clock::now() + pacer_.after(used, Clock::now());
  for (auto now = Clock::now(); now < due && !interrupted(); now = Clock::now()) sleep_for(due - now);
}

bool Outlet::over() const noexcept {
  return interrupted() || deserted_ ||
         options_.limits.reached(tally_.messages.load(std::memory_order_relaxed),
                                 tally_.bytes.load(std::memory_order_relaxed));
}

std::size_t Outlet::allowed(std::size_t bytes) const noexcept {
  if (options_.limits.bytes == 0) return bytes;
  const auto left =
      options_.limits.bytes - std::min(options_.limits.bytes, tally_.bytes.load(std::memory_order_relaxed));
  return static_cast<std::size_t>(std::min<std::uint64_t>(bytes, left));
}

void Outlet::look_for_consumers() {
  constexpr std::chrono::milliseconds kPeriod{10};
  const auto now = Clock::now();
  if (now < next_look_) return;
  next_look_ = now + kPeriod;
  const bool somebody = producer_.wait_for_consumers(1, std::chrono::nanoseconds{0}) == Status::kOk;
  had_consumers_ |= somebody || producer_.attachments() != attachments_;
  deserted_ = had_consumers_ && !somebody;
}

}  // namespace ringmain::cli
