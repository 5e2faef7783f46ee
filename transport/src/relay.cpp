// SPDX-License-Identifier: MIT
#include "ringmain/transport/relay.hpp"

#include <chrono>
#include <thread>

#include "clock.hpp"

namespace ringmain::transport {
namespace {

constexpr std::chrono::milliseconds kPatience{100};  // the longest time until `stop` is noticed
constexpr std::chrono::seconds kLastPatience{1};     // with a sink that has no room when `stop` is set

class Relay {
 public:
  Relay(Source& source, Sink& sink, RelayCounters& counters, const RelayOptions& options)
      : source_(source), sink_(sink), counters_(counters), options_(options), progress_(options.progress_period),
        pacer_(options.rate) {}

  Status run() {
    const Status status = move_all();
    if (status == Status::kTimedOut) empty_hands();
    finish(status);
    return status;
  }

 private:
  bool stopped() const noexcept { return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed); }
  bool limit_reached() const noexcept {
    return (options_.limit != 0 && counters_.messages >= options_.limit) ||
           (options_.byte_limit != 0 && counters_.bytes >= options_.byte_limit);
  }

  // kEnd, kOk (the limit) or kTimedOut (stopped).
  Status move_all() {
    while (!limit_reached()) {
      if (stopped()) return Status::kTimedOut;
      Status status = source_.receive_into(sink_, std::chrono::nanoseconds{0});
      if (status == Status::kEmpty || status == Status::kTimedOut) status = wait_for_next();
      if (status == Status::kNoRoom) status = source_.receive_into(sink_, kPatience);
      if (status == Status::kOk) {
        count();
        if (!limit_reached()) pace();
      }
      if (status == Status::kEnd) {
        counters_.lost += source_.message().lost;
        return status;
      }
      tell();
    }
    return Status::kOk;
  }

  // Stopped: what the source has taken off its carrier is passed on.
  void empty_hands() {
    const Deadline deadline(kLastPatience);
    while (source_.at_hand() && !limit_reached() && !deadline.passed()) {
      if (source_.receive_into(sink_, deadline.left(kPatience)) == Status::kOk) count();
    }
  }

  // Nothing comes at this moment: what was gathered goes out meanwhile.
  Status wait_for_next() {
    if (sink_.flush(kPatience) != Status::kOk) return Status::kNoRoom;
    return source_.receive_into(sink_, kPatience);
  }

  void count() {
    const Borrowed& message = source_.message();
    ++counters_.messages;
    counters_.bytes += message.bytes.size();
    counters_.lost += message.lost;
    if (message.redelivered) ++counters_.redelivered;
  }

  // What has left is not kept from arriving by those who have to wait.
  void pace() {
    if (!pacer_.paces()) return;
    const Deadline due(pacer_.after(source_.message().bytes.size(), std::chrono::steady_clock::now()));
    if (!due.passed()) sink_.flush(kPatience);
    while (!due.passed() && !stopped()) std::this_thread::sleep_for(due.left(kPatience));
  }

  void tell() {
    if (options_.progress && options_.progress_period.count() > 0 && progress_.due()) options_.progress(counters_);
  }

  void finish(Status status) {
    if (status == Status::kTimedOut) {
      sink_.close(kLastPatience);
    } else {
      while (sink_.close(kPatience) != Status::kOk && !stopped()) {
      }
    }
    if (options_.progress) options_.progress(counters_);
  }

  Source& source_;
  Sink& sink_;
  RelayCounters& counters_;
  const RelayOptions& options_;
  Every progress_;
  Pacer pacer_;
};

}  // namespace

Status relay(Source& source, Sink& sink, RelayCounters& counters, const RelayOptions& options) {
  try {
    return Relay(source, sink, counters, options).run();
  } catch (...) {
    const auto failure = std::current_exception();
    try {
      sink.flush(kLastPatience);  // what was received whole is passed on
    } catch (...) {               // the sink's own failure is the one that is being told, or adds nothing to it
    }
    std::rethrow_exception(failure);
  }
}

}  // namespace ringmain::transport
