// Workload: after a silence, in which whoever sleeps has fallen asleep, comes a burst of messages. What is measured is the
// time from just before the first is sent until the last is read; one message: a wake-up.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "harness/clock.hpp"
#include "harness/contest.hpp"
#include "harness/cpu.hpp"
#include "harness/shared_memory.hpp"
#include "workloads/one_way.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {

struct Silence {
  std::uint64_t ns = 300'000;
  std::uint64_t burst = 1;  // messages
};

template <Carrier C>
class AfterSilence final : public OneWay<C> {
 public:
  template <class... Arguments>
  AfterSilence(std::string name, const Payload& payload, const Silence& silence, Arguments&&... arguments)
      : OneWay<C>(std::move(name), payload, std::forward<Arguments>(arguments)...), silence_(silence) {}

  std::uint64_t first_round() const noexcept override { return 4; }
  bool judged_by_latency() const noexcept override { return true; }

  Interval run(Side side, std::uint64_t bursts) override {
    const std::uint64_t begin = now_ns();
    with_payload(payload_, [&](auto payload) {
      if (side == Side::kFirst) {
        send(payload, bursts);
      } else {
        receive(payload, bursts);
      }
    });
    return {begin, now_ns(), bursts * (silence_.burst - 1)};
  }

 private:
  using OneWay<C>::payload_;
  using OneWay<C>::sender_;
  using OneWay<C>::receiver_;

  template <class P>
  void send(P payload, std::uint64_t bursts) {
    for (std::uint64_t i = 0; i < bursts; ++i) {
      // The next silence begins when the other side has everything.
      while (received_->load(std::memory_order_acquire) != sent_) pause();
      for (const std::uint64_t end = now_ns() + silence_.ns; now_ns() < end;) pause();
      const std::uint64_t stamp = now_ns();
      for (std::uint64_t n = 0; n < silence_.burst; ++n) {
        sender_->send(payload.bytes(), [&payload, stamp](std::byte* place) { payload.write(place, stamp); });
      }
      ++sent_;
    }
    while (received_->load(std::memory_order_acquire) != sent_) pause();
  }

  template <class P>
  void receive(P payload, std::uint64_t bursts) {
    for (std::uint64_t i = 0; i < bursts; ++i) {
      std::uint64_t stamp = 0;
      std::uint64_t total = 0;
      for (std::uint64_t n = 0; n < silence_.burst; ++n) {
        receiver_->receive(payload.bytes(), [&](const std::byte* place) {
          stamp = seed_of(place);
          total += payload.sum(place);
        });
      }
      this->latencies()->record(now_ns() - stamp);
      require_total(total, silence_.burst * expected_sum(payload, stamp));
      // release: the measurement is over before the next silence begins.
      received_->fetch_add(1, std::memory_order_release);
    }
    this->latencies()->end_round();
  }

  Silence silence_;
  Shared<std::atomic<std::uint64_t>> received_;  // bursts
  std::uint64_t sent_ = 0;
};

}  // namespace ringmain::bench
