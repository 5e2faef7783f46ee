// Workload: one message there and one back, one at a time. The answer depends on the question, so that neither side can
// run ahead.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "harness/clock.hpp"
#include "harness/contest.hpp"
#include "harness/cpu.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {

template <Carrier C>
class RoundTrip final : public Contestant {
 public:
  template <class... Arguments>
  RoundTrip(std::string name, const Payload& payload, const Arguments&... arguments)
      : Contestant(std::move(name)), payload_(payload), there_(arguments...), back_(arguments...) {}

  // Before each message both sides are busy with something else for so long, which is not counted: whoever waits is
  // surely asleep by then. Without it two sides that are to sleep may keep each other awake by chance.
  void think_for(std::uint64_t ns) noexcept { think_ns_ = ns; }

  void open(Side side) override {
    if (side == Side::kFirst) {
      sender_.emplace(there_.sender());
      receiver_.emplace(back_.receiver());
      if (latencies()) latencies()->touch();
    } else {
      receiver_.emplace(there_.receiver());
      sender_.emplace(back_.sender());
    }
  }

  // Sleeping takes so long that every trip can be timed, and so varied that a mean would say little.
  bool judged_by_latency() const noexcept override { return latencies() && think_ns_ != 0; }

  // When latencies are wanted, some more trips follow, each of them timed: reading the clock would make the others longer.
  Interval run(Side side, std::uint64_t messages) override {
    const std::uint64_t begin = now_ns();
    if (judged_by_latency()) {
      with_payload(payload_,
                   [&](auto payload) { side == Side::kFirst ? time(payload, messages) : answer(payload, messages); });
      return {begin, now_ns()};
    }
    const std::uint64_t timed = latencies() ? std::min(messages / 4, kMostTimed) : 0;
    std::uint64_t end = begin;
    with_payload(payload_, [&](auto payload) {
      if (side == Side::kSecond) {
        answer(payload, messages + timed);
        return;
      }
      ask(payload, messages, [](auto trip) { trip(); });
      end = now_ns() - 2 * think_ns_ * messages;
      if (timed != 0) time(payload, timed);
    });
    return {begin, end, timed};
  }

  void close() override {
    sender_.reset();
    receiver_.reset();
  }

  static constexpr std::uint64_t kMostTimed = 50'000;  // in a round

 private:
  void think() const noexcept {
    if (think_ns_ == 0) return;
    for (const std::uint64_t end = now_ns() + think_ns_; now_ns() < end;) pause();
  }

  // Two stamps in a row are apart by the clock's own cost, and so is every trip too long. The answerer's thinking is in
  // it as well.
  template <class P>
  void time(P payload, std::uint64_t messages) {
    const TickScale& scale = tick_scale();
    ask(payload, messages, [&](auto trip) {
      const std::uint64_t left = now_ticks();
      trip();
      const std::uint64_t ticks = std::max(now_ticks() - left, scale.own_cost) - scale.own_cost;
      const auto ns = static_cast<std::uint64_t>(static_cast<double>(ticks) * scale.ns_per_tick);
      latencies()->record(std::max(ns, think_ns_) - think_ns_);
    });
    latencies()->end_round();
  }

  // The ends are moved into locals: their members can then live in registers.
  template <class P, class Around>
  void ask(P payload, std::uint64_t messages, Around around) {
    auto sender = std::move(*sender_);
    auto receiver = std::move(*receiver_);
    std::uint64_t total = 0;
    for (std::uint64_t seed = 0; seed < messages; ++seed) {
      think();
      around([&] {
        sender.send(payload.bytes(), [&payload, seed](std::byte* place) { payload.write(place, seed); });
        receiver.receive(payload.bytes(), [&](const std::byte* place) { total += payload.sum(place); });
      });
    }
    *sender_ = std::move(sender);
    *receiver_ = std::move(receiver);
    require_total(total, expected_answers(payload, messages));
  }

  // Answers with what it found in the question.
  template <class P>
  void answer(P payload, std::uint64_t messages) {
    auto sender = std::move(*sender_);
    auto receiver = std::move(*receiver_);
    for (std::uint64_t i = 0; i < messages; ++i) {
      std::uint64_t found = 0;
      receiver.receive(payload.bytes(), [&](const std::byte* place) { found = payload.sum(place); });
      think();
      sender.send(payload.bytes(), [&payload, found](std::byte* place) { payload.write(place, found); });
    }
    *sender_ = std::move(sender);
    *receiver_ = std::move(receiver);
  }

  // The sum of the sums of answers whose seeds were the sums of the questions.
  template <class P>
  static std::uint64_t expected_answers(const P& payload, std::uint64_t messages) noexcept {
    return payload.words() * expected_total(payload, messages) + messages * payload.sum_of_indexes();
  }

  Payload payload_;
  C there_;
  C back_;
  std::uint64_t think_ns_ = 0;
  std::optional<decltype(std::declval<C&>().sender())> sender_;
  std::optional<decltype(std::declval<C&>().receiver())> receiver_;
};

}  // namespace ringmain::bench
