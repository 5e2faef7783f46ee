// From a ring to standard output.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "options.hpp"
#include "output.hpp"
#include "ringmain/consumer.hpp"

namespace ringmain::cli {

class Delivery {
 public:
  struct Manner {
    bool in_place;  // the ring never overwrites what is borrowed: large messages are written from where they lie
    bool at_once;   // a message is written before it is released, not gathered
  };

  Delivery(Framing framing, Manner manner) : framing_(framing), manner_(manner) {}

  // Writes or gathers a message, and releases it. False: it was overwritten before it was copied; nothing of it is
  // written. Throws Failure.
  bool deliver(Message& message);

  void flush() { output_.flush(); }
  std::uint64_t torn() const noexcept { return torn_; }  // messages that were overwritten while they were copied

 private:
  Framing framing_;
  Manner manner_;
  Output output_{};
  std::uint64_t torn_ = 0;
};

}  // namespace ringmain::cli
