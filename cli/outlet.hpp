// The way into a ring: waits for room, keeps to limits and pace, counts.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>

#include "account.hpp"
#include "options.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::cli {

struct OutletOptions {
  Limits limits{};
  transport::Rate rate{};
  bool end_with_consumers = false;  // when the last one has left, as a pipe's writer is ended
};

class Outlet {
 public:
  Outlet(Producer& producer, const OutletOptions& options, Tally& tally)
      : producer_(producer), options_(options), tally_(tally), pacer_(options.rate),
        attachments_(producer.attachments()) {}

  // Room for a message; waits for it. Falsy: it is over. Throws Failure.
  Claim claim(std::size_t bytes);
  void commit(Claim& room, std::size_t used);  // and waits for the time of the next one

  bool over() const noexcept;                             // interrupted, deserted, or at a limit
  bool deserted() const noexcept { return deserted_; }    // the last consumer has left
  std::size_t allowed(std::size_t bytes) const noexcept;  // so many of these, by the limit of bytes

  std::size_t max_message() const noexcept { return producer_.max_message(); }

 private:
  void look_for_consumers();

  Producer& producer_;
  OutletOptions options_;
  Tally& tally_;
  transport::Pacer pacer_;
  std::chrono::steady_clock::time_point next_look_{};
  std::uint64_t attachments_;  // at the beginning
  bool had_consumers_ = false;
  bool deserted_ = false;
};

}  // namespace ringmain::cli
