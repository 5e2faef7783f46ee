// Where the messages go that sub receives.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

#include "ringmain/consumer.hpp"

namespace ringmain::cli {

class Destination {
 public:
  enum class Outcome : std::uint8_t {
    kDone,     // dealt with, and released
    kTorn,     // overwritten before it was dealt with; nothing of it went anywhere
    kRefused,  // not dealt with; still borrowed
  };

  Destination() = default;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;
  virtual ~Destination() = default;

  // Of a stream of bytes the first `at_most` are wanted. Throws Failure.
  virtual Outcome take(Message& message, std::size_t at_most) = 0;
  virtual void flush() {}
};

}  // namespace ringmain::cli
