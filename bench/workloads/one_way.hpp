// What workloads have in common in which one side sends and the other receives.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "harness/contest.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {

template <Carrier C>
class OneWay : public Contestant {
 public:
  void open(Side side) override {
    if (side == Side::kFirst) {
      sender_.emplace(carrier_.sender());
    } else {
      receiver_.emplace(carrier_.receiver());
      if (latencies()) latencies()->touch();
    }
  }

  void close() override {
    sender_.reset();
    receiver_.reset();
  }

 protected:
  template <class... Arguments>
  OneWay(std::string name, const Payload& payload, Arguments&&... arguments)
      : Contestant(std::move(name)), payload_(payload), carrier_(std::forward<Arguments>(arguments)...) {}

  Payload payload_;

 private:
  C carrier_;

 protected:
  std::optional<decltype(std::declval<C&>().sender())> sender_{};
  std::optional<decltype(std::declval<C&>().receiver())> receiver_{};
};

}  // namespace ringmain::bench
