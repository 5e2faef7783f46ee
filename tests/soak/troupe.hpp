// The processes that play the parts, and what befalls them.
// SPDX-License-Identifier: MIT
#pragma once

#include <signal.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "soak/cast.hpp"
#include "support/child.hpp"
#include "support/mix.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {

class Troupe {
 public:
  Troupe(std::vector<Part> parts, std::uint64_t seed) : lot_(seed), told_(parts.size()) {
    for (Part& part : parts) seats_.push_back(Seat{.part = std::move(part)});
    for (std::size_t i = 0; i < seats_.size(); ++i) fill(i);
  }

  // Now and then somebody is killed, stopped or told to go; who was stopped goes on, and who ended is replaced.
  void torment() {
    const std::int64_t now = monotonic_ns();
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      Seat& seat = seats_[i];
      if (seat.goes_on_at != 0 && now >= seat.goes_on_at) go_on(seat);
      if (seat.child.ended() && settle(seat)) fill(i);
    }
    if (mix(lot_) % 8 == 0) strike(mix(lot_) % seats_.size());
  }

  // All are there, and nothing befalls them any more.
  void regroup() {
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      Seat& seat = seats_[i];
      go_on(seat);
      if ((seat.killed || told_[i].load() || seat.child.ended()) && settle(seat)) fill(i);
    }
  }
  void tell_to_go(Part::Kind kind) {
    for (std::size_t i = 0; i < seats_.size(); ++i) {
      if (seats_[i].part.kind == kind) told_[i].store(true);
    }
  }
  void wait_for(Part::Kind kind) {
    for (Seat& seat : seats_) {
      if (seat.part.kind == kind) settle(seat);
    }
  }

  std::vector<pid_t> survivors() const {
    std::vector<pid_t> pids;
    for (const Seat& seat : seats_) {
      if (seat.part.kind == Part::Kind::kSurvivor) pids.push_back(seat.child.pid());
    }
    return pids;
  }
  std::uint64_t kills() const { return kills_; }
  std::uint64_t stops() const { return stops_; }
  std::uint64_t bad() const { return bad_; }  // who ended otherwise than killed or with everything as it must be

 private:
  struct Seat {
    Part part;
    Child child{};
    std::int64_t goes_on_at = 0;  // 0: it isn't stopped
    bool killed = false;
  };

  void fill(std::size_t i) {
    told_[i].store(false);
    seats_[i].killed = false;
    const std::uint64_t seed = mix(lot_);
    seats_[i].child = Child([&, i, seed] { seats_[i].part.play(seed, told_[i]); });
  }

  // False: who can't be replaced.
  bool settle(Seat& seat) {
    const int status = seat.child.wait();
    if (status == 0 || (seat.killed && status == -SIGKILL)) return seat.part.kind != Part::Kind::kSurvivor;
    ++bad_;
    return false;
  }

  void strike(std::size_t i) {
    Seat& seat = seats_[i];
    const bool mortal = seat.part.kind != Part::Kind::kSurvivor;
    switch (mix(lot_) % 5) {
      case 0:
      case 1:
        if (!mortal || seat.killed) return;
        seat.killed = true;
        seat.goes_on_at = 0;
        seat.child.signal(SIGKILL);
        ++kills_;
        return;
      case 2:
        if (mortal) told_[i].store(true);
        return;
      default:
        if (seat.killed || seat.goes_on_at != 0) return;
        seat.goes_on_at = monotonic_ns() + static_cast<std::int64_t>(mix(lot_) % (mix(lot_) % 16 == 0 ? 400 : 80)) *
                                               std::int64_t{1'000'000};
        seat.child.signal(SIGSTOP);
        ++stops_;
    }
  }

  static void go_on(Seat& seat) {
    if (seat.goes_on_at != 0) seat.child.go_on();
    seat.goes_on_at = 0;
  }

  std::uint64_t lot_;
  Shared<std::atomic<bool>> told_;
  std::vector<Seat> seats_;
  std::uint64_t kills_ = 0;
  std::uint64_t stops_ = 0;
  std::uint64_t bad_ = 0;
};

}  // namespace ringmain::testing
