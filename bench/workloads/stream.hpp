// Workload: one side sends as fast as it can, the other one reads.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "harness/clock.hpp"
#include "harness/contest.hpp"
#include "workloads/one_way.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {

template <Carrier C>
class Stream final : public OneWay<C> {
 public:
  template <class... Arguments>
  Stream(std::string name, const Payload& payload, Arguments&&... arguments)
      : OneWay<C>(std::move(name), payload, std::forward<Arguments>(arguments)...) {}

  Interval run(Side side, std::uint64_t messages) override {
    const std::uint64_t begin = now_ns();
    with_payload(payload_, [&](auto payload) {
      if (side == Side::kFirst) {
        send(payload, messages);
      } else {
        receive(payload, messages);
      }
    });
    return {begin, now_ns()};
  }

 private:
  using OneWay<C>::payload_;
  using OneWay<C>::sender_;
  using OneWay<C>::receiver_;

  // The ends are moved into locals: their members can then live in registers.
  template <class P>
  void send(P payload, std::uint64_t messages) {
    auto sender = std::move(*sender_);
    for (std::uint64_t seed = 0; seed < messages; ++seed) {
      sender.send(payload.bytes(), [&payload, seed](std::byte* place) { payload.write(place, seed); });
    }
    if constexpr (requires { sender.flush(); }) sender.flush();
    *sender_ = std::move(sender);
  }

  template <class P>
  void receive(P payload, std::uint64_t messages) {
    auto receiver = std::move(*receiver_);
    std::uint64_t total = 0;
    for (std::uint64_t i = 0; i < messages; ++i) {
      receiver.receive(payload.bytes(), [&](const std::byte* place) { total += payload.sum(place); });
    }
    *receiver_ = std::move(receiver);
    require_total(total, expected_total(payload, messages));
  }
};

}  // namespace ringmain::bench
