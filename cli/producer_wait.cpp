// SPDX-License-Identifier: MIT
#include "producer_wait.hpp"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "failure.hpp"
#include "quantity.hpp"
#include "ring_state.hpp"

namespace ringmain::cli {
namespace {

bool has_producer(const Statistics& ring) { return ring.producer_alive && !ring.closed; }

}  // namespace

ProducerWait::ProducerWait(std::string name, const ConsumerOptions& options)
    : name_(std::move(name)), directory_(options.directory), patience_(options.wait_for_ring) {
  if (patience_.count() > 0) before_ = look_at(name_, directory_);
  if (before_ && has_producer(*before_)) before_.reset();
}

bool ProducerWait::go_on() {
  if (!before_) return false;
  const auto now = look_at(name_, directory_);
  if (!now || has_producer(*now) || now->producers != before_->producers) {
    before_.reset();  // it came, and may be gone already; or the ring is gone: the consumer sees which
    return true;
  }
  if (std::chrono::steady_clock::now() - start_ >= patience_) {
    throw Failure(Status::kNotFound,
                  fmt::format("the ring has no producer, and none came within {}", human_duration(patience_)));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return true;
}

}  // namespace ringmain::cli
