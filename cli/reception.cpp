// SPDX-License-Identifier: MIT
#include "reception.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <unordered_map>
#include <utility>

#include "delivery.hpp"
#include "ending.hpp"
#include "failure.hpp"
#include "interruption.hpp"
#include "producer_wait.hpp"
#include "ring_state.hpp"

namespace ringmain::cli {
namespace {

std::string loss(std::uint64_t lost) { return fmt::format("{} message{} lost", lost, lost == 1 ? "" : "s"); }

std::unique_ptr<Destination> destination_of(const ReceptionOptions& options) {
  if (!options.command.empty()) return std::make_unique<Worker>(options.name, options.command, options.input);
  const auto ring = look_at(options.name, options.consumer.directory);
  const bool lasting =
      ring && ring->policy == Policy::kWait && ring->evict_after.count() == 0 && !options.consumer.spectator;
  return std::make_unique<Delivery>(options.framing,
                                    Delivery::Manner{.in_place = lasting, .at_once = !options.consumer.group.empty()});
}

// Waits for the ring, as --wait asks for it, in steps between which an interruption is noticed. Nothing: it gave up.
std::optional<Consumer> attach(const ReceptionOptions& options) {
  constexpr std::chrono::milliseconds kStep{100};
  const auto start = std::chrono::steady_clock::now();
  ConsumerOptions consumer = options.consumer;
  for (;;) {
    const auto waited = std::chrono::steady_clock::now() - start;
    const auto left =
        options.consumer.wait_for_ring - std::min<std::chrono::nanoseconds>(waited, options.consumer.wait_for_ring);
    consumer.wait_for_ring = std::min<std::chrono::nanoseconds>(left, kStep);
    try {
      return Consumer::attach(options.name, consumer);
    } catch (const Error& error) {
      if (error.status() != Status::kNotFound || left <= kStep) throw;
    }
    if (interrupted() || (options.too_late != nullptr && *options.too_late)) return std::nullopt;
  }
}

class Reception {
 public:
  Reception(const ReceptionOptions& options, ProducerWait wait, Consumer consumer)
      : options_(options), wait_(std::move(wait)), consumer_(std::move(consumer)),
        destination_(destination_of(options)), account_(options.who(), options.account) {}

  int run() {
    int status = 0;
    try {
      receive_all();
      if (passed_over_ > 0) status = kCommand;
    } catch (...) {
      account_.end_progress();
      status = report_current_exception(options_.who());
    }
    note_losses();
    account_.summarise();
    const std::uint64_t lost = account_.tally().lost.load(std::memory_order_relaxed);
    if (lost > 0) {
      report(
          fmt::format("{}: {}: the producer overtook this consumer; read faster, or create the ring with a larger "
                      "--capacity",
                      options_.who(), loss(lost)));
    }
    return status;
  }

 private:
  void receive_all() {
    while (!over()) {
      Message message = next();
      if (message) {
        wait_.stop();
        take(message);
      } else if (!goes_on_after(message.status())) {
        break;
      }
    }
    destination_->flush();
  }

  bool over() const {
    const Tally& tally = account_.tally();
    return interrupted() || options_.limits.reached(tally.messages.load(std::memory_order_relaxed) + passed_over_,
                                                    tally.bytes.load(std::memory_order_relaxed));
  }

  // What was gathered is written before it waits.
  Message next() {
    constexpr std::chrono::milliseconds kPatience{100};  // the longest time until an interruption is noticed
    if (Message message = consumer_.try_receive()) return message;
    destination_->flush();
    return consumer_.receive_for(kPatience);
  }

  // There is no message. False: that was the end.
  bool goes_on_after(Status status) {
    note_losses();
    if (status == Status::kTimedOut) {
      wait_.go_on();  // a kept ring gives no other sign that it has no producer
      return true;
    }
    const bool no_producer = status == Status::kEnd || status == Status::kProducerLost;
    if (no_producer && wait_.go_on()) return true;
    if (status == Status::kEnd) return false;
    destination_->flush();
    throw ended(status);
  }

  void take(Message& message) {
    if (options_.verbose) tell(message);
    const std::uint64_t position = message.position();
    const bool redelivered = message.redelivered();
    const std::size_t size = std::min(message.bytes().size(), wanted());
    switch (offer(message)) {
      case Destination::Outcome::kTorn: ++torn_; return;
      case Destination::Outcome::kRefused: refused(message, position); return;
      case Destination::Outcome::kDone: break;
    }
    account_.tally().count(size);
    if (redelivered) Tally::add(account_.tally().redelivered, 1);
    failures_.erase(position);
    backoff_ = kFirstBackoff;
  }

  // Should that fail, the message isn't dealt with: unwinding must not release it.
  Destination::Outcome offer(Message& message) {
    try {
      return destination_->take(message, wanted());
    } catch (...) {
      message.keep();
      throw;
    }
  }

  std::size_t wanted() const {
    if (options_.limits.bytes == 0 || options_.framing != Framing::kRaw) return std::numeric_limits<std::size_t>::max();
    return options_.limits.bytes - account_.tally().bytes.load(std::memory_order_relaxed);
  }

  void tell(const Message& message) const {
    if (message.lost() > 0) {
      report(fmt::format("{}: {} before position {}", options_.who(), loss(message.lost()), message.position()));
    }
    if (message.redelivered()) {
      report(fmt::format("{}: the message at position {} is redelivered: another may have dealt with it",
                         options_.who(), message.position()));
    }
  }

  // The command failed: the message is given back, or passed over after the last try.
  void refused(Message& message, std::uint64_t position) {
    if (options_.tries != 0 && ++failures_[position] >= options_.tries && !interrupted()) {
      report(fmt::format("{}: the message at position {} is passed over after {} tries", options_.who(), position,
                         options_.tries));
      ++passed_over_;
      failures_.erase(position);
      return message.release();
    }
    message.keep();
    if (interrupted()) return;
    give_back();
    back_off();
  }

  // A member that leaves with a message leaves it to the others. The next one comes before it goes: a group without members
  // would end. Where nobody can come any more, because the ring was removed, the message stays, and is tried again here.
  void give_back() {
    if (options_.consumer.group.empty() || !has_its_name()) return;
    ConsumerOptions options = options_.consumer;
    options.wait_for_ring = std::chrono::nanoseconds{0};
    try {
      Consumer next = Consumer::attach(options_.name, options);
      if (next.created() != consumer_.created()) return;  // it was removed, and another has its name
      lost_before_ += consumer_.lost();
      consumer_ = std::move(next);
    } catch (const Error&) {
      // It was removed just now, or is full.
    }
  }

  bool has_its_name() const {
    const auto named = look_at(options_.name, options_.consumer.directory);
    return named && named->created == consumer_.created();
  }

  // What fails now fails again at once, most likely.
  void back_off() {
    constexpr std::chrono::seconds kLongest{5};
    const timespec time{backoff_.count() / 1000, backoff_.count() % 1000 * 1'000'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);  // an interruption ends it early
    backoff_ = std::min<std::chrono::milliseconds>(2 * backoff_, kLongest);
  }

  void note_losses() {
    account_.tally().lost.store(lost_before_ + consumer_.lost() + torn_, std::memory_order_relaxed);
  }

  static constexpr std::chrono::milliseconds kFirstBackoff{50};

  const ReceptionOptions& options_;
  ProducerWait wait_;
  Consumer consumer_;
  std::unique_ptr<Destination> destination_;
  Account account_;
  std::unordered_map<std::uint64_t, std::uint64_t> failures_{};  // of the command, by the message's position
  std::chrono::milliseconds backoff_ = kFirstBackoff;
  std::uint64_t lost_before_ = 0;  // by the consumers that gave a message back
  std::uint64_t torn_ = 0;
  std::uint64_t passed_over_ = 0;
};

}  // namespace

int receive(const ReceptionOptions& options) {
  ProducerWait wait(options.name, options.consumer);
  std::optional<Consumer> consumer = attach(options);
  return consumer ? Reception(options, std::move(wait), std::move(*consumer)).run() : 0;
}

}  // namespace ringmain::cli
