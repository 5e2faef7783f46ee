// Workload: messages leave on a schedule, whether or not the ones before have arrived. Latency counts from the time at
// which a message should have left, so that a stall is paid for by all the messages that it held up: no coordinated
// omission.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "harness/clock.hpp"
#include "harness/contest.hpp"
#include "harness/cpu.hpp"
#include "workloads/one_way.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {

template <Carrier C>
class Paced final : public OneWay<C> {
 public:
  template <class... Arguments>
  Paced(std::string name, const Payload& payload, double rate, Arguments&&... arguments)
      : OneWay<C>(std::move(name), payload, std::forward<Arguments>(arguments)...), gap_ns_(1e9 / rate) {}

  std::uint64_t first_round() const noexcept override { return 16; }
  bool judged_by_latency() const noexcept override { return true; }

  Interval run(Side side, std::uint64_t messages) override {
    const std::uint64_t begin = now_ns();
    with_payload(payload_, [&](auto payload) {
      if (side == Side::kFirst) {
        send(payload, messages, begin);
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

  template <class P>
  void send(P payload, std::uint64_t messages, std::uint64_t begin) {
    for (std::uint64_t i = 0; i < messages; ++i) {
      const std::uint64_t due = begin + static_cast<std::uint64_t>(static_cast<double>(i + 1) * gap_ns_);
      while (now_ns() < due) pause();
      sender_->send(payload.bytes(), [&payload, due](std::byte* place) { payload.write(place, due); });
    }
  }

  template <class P>
  void receive(P payload, std::uint64_t messages) {
    for (std::uint64_t i = 0; i < messages; ++i) {
      std::uint64_t due = 0;
      std::uint64_t total = 0;
      receiver_->receive(payload.bytes(), [&](const std::byte* place) {
        due = seed_of(place);
        total = payload.sum(place);
      });
      this->latencies()->record(now_ns() - due);
      require_total(total, expected_sum(payload, due));
    }
    this->latencies()->end_round();
  }

  double gap_ns_;
};

}  // namespace ringmain::bench
