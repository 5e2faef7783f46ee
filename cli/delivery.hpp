// From a ring to standard output.
// SPDX-License-Identifier: MIT
#pragma once

#include "destination.hpp"
#include "options.hpp"
#include "output.hpp"

namespace ringmain::cli {

class Delivery final : public Destination {
 public:
  struct Manner {
    bool in_place;  // the ring never overwrites what is borrowed: large messages are written from where they lie
    bool at_once;   // a message is written before it is released, not gathered
  };

  Delivery(Framing framing, Manner manner) : framing_(framing), manner_(manner) {}

  Outcome take(Message& message, std::size_t at_most) override;
  void flush() override { output_.flush(); }

 private:
  Framing framing_;
  Manner manner_;
  Output output_{};
};

}  // namespace ringmain::cli
