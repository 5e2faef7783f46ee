// Waiting on several rings at once.
// SPDX-License-Identifier: MIT
#include <vector>

#include "consumer_state.hpp"

namespace ringmain {

std::optional<std::size_t> wait_any(std::span<Consumer* const> consumers, std::chrono::nanoseconds timeout) {
  if (consumers.empty()) return std::nullopt;
  const auto first_ready = [&]() -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < consumers.size(); ++i) {
      Consumer::State& state = *consumers[i]->state_;
      if (!state.patient_with(state.next())) return i;
    }
    return std::nullopt;
  };
  std::chrono::nanoseconds spin_budget{0};
  for (const Consumer* consumer : consumers) spin_budget = std::max(spin_budget, consumer->state_->spin_budget);
  const Deadline deadline(timeout);
  const Deadline spin_end(spin_budget);
  std::vector<FutexWord> bells;
  for (;;) {
    if (const auto ready = first_ready()) return ready;
    if (deadline.passed()) return std::nullopt;
    if (!spin_end.passed()) {
      spin(spin_end.left(deadline.left(kRound)), [&] { return first_ready().has_value(); });
      continue;
    }
    bool safe = consumers.size() <= kMaxFutexes;
    bells.clear();
    for (const Consumer* consumer : consumers) {
      const ConsumerBell::Bed bed = consumer->state_->bell.lie_down();
      bells.push_back(bed.bell);
      safe = safe && bed.safe;
    }
    const std::chrono::nanoseconds at_most = deadline.left(safe ? std::chrono::nanoseconds(kRound) : kNap);
    if (!first_ready() && !futex_wait_any(bells, at_most)) futex_wait(bells.front(), deadline.left(kNap));
    for (const Consumer* consumer : consumers) consumer->state_->bell.rise();
  }
}

}  // namespace ringmain
