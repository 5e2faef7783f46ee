// What a ring carries, as a frequency: now, and on the whole.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "ringmain/segment.hpp"

namespace ringmain::cli {

// Of one quantity, over the looks so far.
struct Course {
  double now = 0;
  double mean = 0;
  double min = 0;
  double max = 0;
};

class Frequency {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Frequency(Statistics ring, Time time) : first_(std::move(ring)), last_(first_), start_(time), time_(time) {}

  // False: that is another ring of the same name.
  bool look(const Statistics& ring, Time time);

  // Each a second.
  const Course& messages() const noexcept { return messages_; }
  const Course& bytes() const noexcept { return bytes_; }
  // Bytes of a message; nothing before the first one.
  const std::optional<Course>& size() const noexcept { return size_; }

 private:
  Statistics first_;
  Statistics last_;
  Time start_;
  Time time_;
  bool begun_ = false;
  Course messages_{};
  Course bytes_{};
  std::optional<Course> size_{};
};

}  // namespace ringmain::cli
