// Workload: one message there and one back, one at a time. The answer depends on the question, so that neither side can
// run ahead.
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "carriers/carrier.hpp"
#include "harness/clock.hpp"
#include "harness/contest.hpp"
#include "harness/cpu.hpp"
#include "harness/histogram.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {

template <Carrier C>
class RoundTrip final : public Contestant {
 public:
  template <class... Arguments>
  explicit RoundTrip(std::string name, const Arguments&... arguments)
      : Contestant(std::move(name)), there_(arguments...), back_(arguments...) {}

  // From now on every single trip is timed, in ticks, the clock's own cost included. `histogram` is shared memory.
  void record_into(Histogram* histogram) noexcept { histogram_ = histogram; }

  // Before each message both sides are busy with something else for so long, which is not counted: whoever waits is
  // surely asleep by then. Without it two sides that are to sleep may keep each other awake by chance.
  void think_for(std::uint64_t ns) noexcept { think_ns_ = ns; }

  void open(Side side) override {
    if (side == Side::kFirst) {
      sender_.emplace(there_.sender());
      receiver_.emplace(back_.receiver());
    } else {
      receiver_.emplace(there_.receiver());
      sender_.emplace(back_.sender());
    }
  }

  Interval run(Side side, std::uint64_t messages) override {
    const std::uint64_t begin = now_ns();
    if (side == Side::kSecond) {
      answer(messages);
      return {begin, begin};
    }
    if (histogram_ == nullptr) {
      ask(messages, [](auto trip) { trip(); });
    } else {
      ask(messages, [this](auto trip) {
        const std::uint64_t left = now_ticks();
        trip();
        histogram_->record(now_ticks() - left);
      });
    }
    return {begin, now_ns() - 2 * think_ns_ * messages};
  }

  void start_recording() override {
    if (histogram_ != nullptr) histogram_->clear();
  }

  void close() override {
    sender_.reset();
    receiver_.reset();
  }

 private:
  static constexpr std::size_t kBytes = C::kBytes;

  void think() const noexcept {
    if (think_ns_ == 0) return;
    for (const std::uint64_t end = now_ns() + think_ns_; now_ns() < end;) pause();
  }

  // The ends are moved into locals: their members can then live in registers.
  template <class Around>
  void ask(std::uint64_t messages, Around around) {
    auto sender = std::move(*sender_);
    auto receiver = std::move(*receiver_);
    std::uint64_t total = 0;
    for (std::uint64_t seed = 0; seed < messages; ++seed) {
      think();
      around([&] {
        sender.send([seed](std::byte* payload) { write_words<kBytes>(payload, seed); });
        receiver.receive([&total](const std::byte* payload) { total += sum_words<kBytes>(payload); });
      });
    }
    *sender_ = std::move(sender);
    *receiver_ = std::move(receiver);
    require_total(total, expected_answers(messages));
  }

  // Answers with what it found in the question.
  void answer(std::uint64_t messages) {
    auto sender = std::move(*sender_);
    auto receiver = std::move(*receiver_);
    for (std::uint64_t i = 0; i < messages; ++i) {
      std::uint64_t found = 0;
      receiver.receive([&found](const std::byte* payload) { found = sum_words<kBytes>(payload); });
      think();
      sender.send([found](std::byte* payload) { write_words<kBytes>(payload, found); });
    }
    *sender_ = std::move(sender);
    *receiver_ = std::move(receiver);
  }

  // The sum of the sums of answers whose seeds were the sums of the questions.
  static std::uint64_t expected_answers(std::uint64_t messages) noexcept {
    constexpr std::uint64_t kWords = kBytes / kWord;
    return kWords * expected_total<kBytes>(messages) + messages * (kWords * (kWords - 1) / 2);
  }

  C there_;
  C back_;
  Histogram* histogram_ = nullptr;
  std::uint64_t think_ns_ = 0;
  std::optional<decltype(std::declval<C&>().sender())> sender_;
  std::optional<decltype(std::declval<C&>().receiver())> receiver_;
};

}  // namespace ringmain::bench
