// SPDX-License-Identifier: MIT
#include "frequency.hpp"

#include <algorithm>

#include "rates.hpp"

namespace ringmain::cli {
namespace {

// `mean` is of the whole time: a mean of means would weigh short spans like long ones.
Course next(const Course& before, bool first, double now, double mean) {
  return {.now = now,
          .mean = mean,
          .min = first ? now : std::min(before.min, now),
          .max = first ? now : std::max(before.max, now)};
}

}  // namespace

bool Frequency::look(const Statistics& ring, Time time) {
  const auto now = rate_between(last_, ring, time - time_);
  const auto whole = rate_between(first_, ring, time - start_);
  if (!now || !whole) return false;
  messages_ = next(messages_, !begun_, now->messages, whole->messages);
  bytes_ = next(bytes_, !begun_, now->bytes, whole->bytes);
  if (now->messages > 0) {
    size_ = next(size_.value_or(Course{}), !size_, now->bytes / now->messages, whole->bytes / whole->messages);
  }
  begun_ = true;
  last_ = ring;
  time_ = time;
  return true;
}

}  // namespace ringmain::cli
