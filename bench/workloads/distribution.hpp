// Workload: one side sends, several others read: every message each (fan-out), or each message one of them (work
// sharing). A last message for each reader says that the round is over.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "carriers/channels.hpp"
#include "harness/clock.hpp"
#include "harness/contest.hpp"
#include "harness/shared_memory.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {

template <class Channels>
class Distribution final : public Contestant {
 public:
  template <class... Arguments>
  Distribution(std::string name, const Payload& payload, Sharing sharing, std::size_t readers, Arguments&&... arguments)
      : Contestant(std::move(name)), payload_(payload), sharing_(sharing), readers_(readers),
        channels_(sharing, readers, std::forward<Arguments>(arguments)...) {}

  void open(Side side) override {
    if (side == Side::kFirst) {
      sender_.emplace(channels_.sender());
    } else {
      receiver_.emplace(channels_.receiver(static_cast<std::size_t>(side) - 1));
    }
  }

  Interval run(Side side, std::uint64_t messages) override {
    const std::uint64_t begin = now_ns();
    with_payload(payload_, [&](auto payload) {
      if (side == Side::kFirst) {
        send(payload, messages);
      } else {
        receive(payload);
      }
    });
    const std::uint64_t end = now_ns();
    if (side == Side::kFirst) with_payload(payload_, [&](auto payload) { check(payload, messages); });
    return {begin, end};
  }

  void close() override {
    sender_.reset();
    receiver_.reset();
  }

 private:
  static constexpr std::chrono::microseconds kLookEvery{100};
  static constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  struct Found {
    std::atomic<std::uint64_t> total{0};
    std::atomic<std::uint64_t> readers{0};  // that have come to the end
  };

  template <class P>
  void send(P payload, std::uint64_t messages) {
    const auto send_one = [&](std::uint64_t seed) {
      sender_->send(payload.bytes(), [&payload, seed](std::byte* place) { payload.write(place, seed); });
    };
    for (std::uint64_t seed = 0; seed < messages; ++seed) send_one(seed);
    const std::size_t last = sharing_ == Sharing::kEveryMessageEach ? 1 : readers_;
    for (std::size_t i = 0; i < last; ++i) send_one(kLast);
  }

  template <class P>
  void receive(P payload) {
    std::uint64_t total = 0;
    bool over = false;
    while (!over) {
      receiver_->receive(payload.bytes(), [&](const std::byte* place) {
        over = seed_of(place) == kLast;
        if (!over) total += payload.sum(place);
      });
    }
    found_->total.fetch_add(total, std::memory_order_relaxed);
    // release: pairs with the acquire of the sender, who then sees the total.
    found_->readers.fetch_add(1, std::memory_order_release);
  }

  template <class P>
  void check(P payload, std::uint64_t messages) {
    // Asleep: there may be more readers than cores.
    while (found_->readers.load(std::memory_order_acquire) != readers_) std::this_thread::sleep_for(kLookEvery);
    const std::uint64_t copies = sharing_ == Sharing::kEveryMessageEach ? readers_ : 1;
    require_total(found_->total.load(std::memory_order_relaxed), copies * expected_total(payload, messages));
    found_->total.store(0, std::memory_order_relaxed);
    found_->readers.store(0, std::memory_order_relaxed);
  }

  Payload payload_;
  Sharing sharing_;
  std::size_t readers_;
  Channels channels_;
  Shared<Found> found_;
  std::optional<decltype(std::declval<Channels&>().sender())> sender_;
  std::optional<decltype(std::declval<Channels&>().receiver(0))> receiver_;
};

}  // namespace ringmain::bench
