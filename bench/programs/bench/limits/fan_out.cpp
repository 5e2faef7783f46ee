// SPDX-License-Identifier: MIT
#include "programs/bench/limits/fan_out.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "harness/clock.hpp"
#include "workloads/payload.hpp"

namespace ringmain::bench {
namespace {

constexpr std::size_t kBytes = 32;
constexpr EveryWord<kBytes> kPayload(kBytes);
constexpr std::size_t kSlotBytes = 64;
// Draining takes many times as long as publishing, so a round stops here; its time is scaled to the messages asked for.
constexpr std::uint64_t kBatchesPerRound = 4;

}  // namespace

FanOut::FanOut(std::string name, RingSetup setup, std::size_t groups)
    : Contestant(std::move(name)), setup_(std::move(setup)), ring_name_(fmt::format("fan-out-{}", groups)),
      groups_(groups), batch_(setup_.capacity / 4 / kSlotBytes) {}

void FanOut::open(Side side) {
  if (side == Side::kFirst) {
    producer_.emplace(Producer::create(ring_name_, {.directory = setup_.directory, .capacity = setup_.capacity}));
    producer_->wait_for_consumers(groups_);
    return;
  }
  for (std::size_t i = 0; i < groups_; ++i) {
    consumers_.push_back(
        Consumer::attach(ring_name_, {.directory = setup_.directory, .wait_for_ring = std::chrono::seconds(10)}));
  }
}

Interval FanOut::run(Side side, std::uint64_t messages) {
  const std::uint64_t done = std::min(messages, kBatchesPerRound * batch_);
  std::uint64_t elapsed = 0;
  for (std::uint64_t left = done; left != 0;) {
    const std::uint64_t now = std::min(left, batch_);
    if (side == Side::kFirst) elapsed += publish(now);
    barrier_->wait();
    if (side == Side::kSecond) drain(now);
    barrier_->wait();
    left -= now;
  }
  const double ns_per_message = static_cast<double>(elapsed) / static_cast<double>(done);
  return {0, static_cast<std::uint64_t>(ns_per_message * static_cast<double>(messages))};
}

void FanOut::close() {
  consumers_.clear();
  producer_.reset();
}

std::uint64_t FanOut::publish(std::uint64_t messages) {
  const std::uint64_t begin = now_ns();
  for (std::uint64_t seed = 0; seed < messages; ++seed) {
    std::array<std::byte, kBytes> payload;
    kPayload.write(payload.data(), seed);
    if (const Status status = producer_->publish(payload); status != Status::kOk) throw_status("publish", status);
  }
  return now_ns() - begin;
}

void FanOut::drain(std::uint64_t messages) {
  for (Consumer& consumer : consumers_) {
    std::uint64_t total = 0;
    const auto read = [&total](const Message& message) { total += kPayload.sum(message.bytes().data()); };
    if (consumer.poll(read, messages).messages != messages) throw_status("poll", Status::kEmpty);
    require_total(total, expected_total(kPayload, messages));
  }
}

}  // namespace ringmain::bench
