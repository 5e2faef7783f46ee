// What a consumer handle holds, and what it looks at when there is no message.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "attachment.hpp"
#include "bell.hpp"
#include "clock.hpp"

namespace ringmain {

struct Consumer::State : Attachment {
  using Attachment::Attachment;

  // What there is for this consumer: kOk (a message is borrowed), kEmpty, or what ended it.
  Status next() noexcept;
  bool patient_with(Status status) const noexcept {
    return status == Status::kEmpty || (status == Status::kProducerLost && outlive_producer);
  }

  // For a loop that sleeps elsewhere: what to sleep on. Nothing: there is something by now, so it must not.
  std::optional<ConsumerBell::Bed> doze() noexcept {
    if (reader.holds()) return std::nullopt;
    const ConsumerBell::Bed bed = bell.lie_down();
    bell.rise();
    return patient_with(next()) ? std::optional(bed) : std::nullopt;
  }

  // Who evicts a group may be killed before it tells each member.
  bool still_listed() const noexcept {
    return registry().state_of(line, generation) == algorithm::LineState::kActive &&
           (group.number == 0 || registry().exists(group));
  }
  bool reap() noexcept;
  Status look_around() noexcept;
  void note_loss() noexcept;
  void give_head_start() noexcept;

  Every look_around_period{kRound};
  Every reap_period{kRound};
  Every own_lease_period{10 * kRound};  // a stray closefrom() is no everyday event
  bool producer_lost = false;
  algorithm::Position waited_at = 0;
};

}  // namespace ringmain
