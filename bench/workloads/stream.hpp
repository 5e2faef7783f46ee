// Workload: one side sends as fast as it can, the other one reads.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "harness/clock.hpp"
#include "harness/contest.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {

enum class Writing : std::uint8_t { kInPlace, kStaged };

template <Carrier C, Writing kWriting = Writing::kInPlace>
class Stream final : public Contestant {
 public:
  template <class... Arguments>
  explicit Stream(std::string name, Arguments&&... arguments)
      : Contestant(std::move(name)), carrier_(std::forward<Arguments>(arguments)...) {}

  void open(Side side) override {
    if (side == Side::kFirst) {
      sender_.emplace(carrier_.sender());
    } else {
      receiver_.emplace(carrier_.receiver());
    }
  }

  Interval run(Side side, std::uint64_t messages) override {
    const std::uint64_t begin = now_ns();
    if (side == Side::kFirst) {
      send(messages);
    } else {
      receive(messages);
    }
    return {begin, now_ns()};
  }

  void close() override {
    sender_.reset();
    receiver_.reset();
  }

 private:
  static void write(std::byte* payload, std::uint64_t seed) noexcept {
    if constexpr (kWriting == Writing::kStaged) {
      write_words_staged<C::kBytes>(payload, seed);
    } else {
      write_words<C::kBytes>(payload, seed);
    }
  }

  // The ends are moved into locals: their members can then live in registers.
  void send(std::uint64_t messages) {
    auto sender = std::move(*sender_);
    for (std::uint64_t seed = 0; seed < messages; ++seed) {
      sender.send([seed](std::byte* payload) { write(payload, seed); });
    }
    *sender_ = std::move(sender);
  }

  void receive(std::uint64_t messages) {
    auto receiver = std::move(*receiver_);
    std::uint64_t total = 0;
    for (std::uint64_t i = 0; i < messages; ++i) {
      receiver.receive([&total](const std::byte* payload) { total += sum_words<C::kBytes>(payload); });
    }
    *receiver_ = std::move(receiver);
    require_total(total, expected_total<C::kBytes>(messages));
  }

  C carrier_;
  std::optional<decltype(std::declval<C&>().sender())> sender_;
  std::optional<decltype(std::declval<C&>().receiver())> receiver_;
};

}  // namespace ringmain::bench
