// SPDX-License-Identifier: MIT
#include "ringmain/wait_set.hpp"

#include <unistd.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "consumer_state.hpp"
#include "fail.hpp"
#include "io_uring.hpp"

namespace ringmain {

struct WaitSet::State {
  struct Member {
    Consumer* consumer;
    ConsumerBell::Bed bed{};
    bool armed = false;  // the io_uring holds a wait for its bell
    bool quiet = false;  // and after that there was nothing: no look is needed before the bell rings

    Consumer::State& state() const noexcept { return *consumer->state_; }
    void rouse() noexcept {
      quiet = false;
      state().bell.rise();
    }
  };
  using Members = std::vector<Member>;

  Members::iterator find(const Consumer& consumer) noexcept {
    return std::ranges::find(members, &consumer, &Member::consumer);
  }
  void start_anew() noexcept;
  bool have_uring() noexcept;
  void note_rung() noexcept;
  Consumer* ready() noexcept;
  Consumer* sleep(std::chrono::nanoseconds at_most) noexcept;
  void sleep_on_uring(std::chrono::nanoseconds at_most) noexcept;
  void sleep_on_bells(std::chrono::nanoseconds at_most) noexcept;

  Members members;
  std::vector<FutexWord> bells;  // of all, at least as many, so that no wait allocates
  std::size_t first = 0;         // to be looked at: the one after who was returned last
  std::chrono::nanoseconds spin_budget{0};
  Every round{kRound};
  std::unique_ptr<FutexUring> uring;
  pid_t uring_owner = 0;  // who opened it, or was refused
  bool changed = false;   // somebody came or went since the last wait
};

// After a change of membership, or in a forked child, which shares the io_uring with its parent and must not touch it.
void WaitSet::State::start_anew() noexcept {
  changed = false;
  uring.reset();
  uring_owner = 0;
  spin_budget = {};
  for (Member& member : members) {
    member.armed = false;
    member.rouse();
    spin_budget = std::max(spin_budget, member.state().spin_budget);
  }
}

bool WaitSet::State::have_uring() noexcept {
  if (members.size() <= kMaxFutexes) return false;
  if (uring_owner == 0) {
    uring_owner = ::getpid();
    uring = FutexUring::open(members.size());
  }
  return uring != nullptr;
}

void WaitSet::State::note_rung() noexcept {
  if (round.due()) {
    for (Member& member : members) member.rouse();
  }
  if (!uring) return;
  while (const auto rung = uring->take()) {
    Member& member = members[rung->ticket];
    member.armed = false;
    member.rouse();
  }
}

Consumer* WaitSet::State::ready() noexcept {
  note_rung();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::size_t at = (first + i) % members.size();
    Member& member = members[at];
    if (member.quiet) continue;
    // What is borrowed counts, and is looked at by who receives it: a look from here may move on from it.
    Consumer::State& state = member.state();
    if (!state.reader.holds() && state.patient_with(state.next())) continue;
    first = (at + 1) % members.size();
    return member.consumer;
  }
  return nullptr;
}

// Null: woken, or it is time to look around.
Consumer* WaitSet::State::sleep(std::chrono::nanoseconds at_most) noexcept {
  for (Member& member : members) {
    if (!member.quiet) member.bed = member.state().bell.lie_down();
  }
  Consumer* const found = ready();
  if (found == nullptr) have_uring() ? sleep_on_uring(at_most) : sleep_on_bells(at_most);
  for (Member& member : members) {
    if (!member.quiet) member.rouse();
  }
  return found;
}

// The waits stay armed from sleep to sleep, so that only who rang needs a look, and a new wait.
void WaitSet::State::sleep_on_uring(std::chrono::nanoseconds at_most) noexcept {
  for (std::size_t i = 0; i < members.size(); ++i) {
    Member& member = members[i];
    at_most = std::min(at_most, member.bed.at_most());
    if (!member.bed.safe) continue;
    if (!std::exchange(member.armed, true)) uring->push_wait(member.bed.bell, i);
    member.quiet = true;
  }
  if (uring->sleep(at_most)) return;
  for (Member& member : members) member.quiet = false;  // the kernel watches for nobody
  futex_wait(members.front().bed.bell, std::min<std::chrono::nanoseconds>(at_most, kNap));
}

void WaitSet::State::sleep_on_bells(std::chrono::nanoseconds at_most) noexcept {
  for (std::size_t i = 0; i < members.size(); ++i) {
    bells[i] = members[i].bed.bell;
    at_most = std::min(at_most, members[i].bed.at_most());
  }
  const std::span all(bells.data(), members.size());
  if (all.size() > kMaxFutexes) at_most = std::min<std::chrono::nanoseconds>(at_most, kNap);
  if (!futex_wait_any(all, at_most)) futex_wait(all.front(), std::min<std::chrono::nanoseconds>(at_most, kNap));
}

WaitSet::WaitSet() : state_(std::make_unique<State>()) {}
WaitSet::WaitSet(WaitSet&&) noexcept = default;
WaitSet& WaitSet::operator=(WaitSet&&) noexcept = default;
WaitSet::~WaitSet() = default;

void WaitSet::add(Consumer& consumer) {
  if (state_->find(consumer) != state_->members.end()) {
    fail(Status::kBadOption, "wait set: this consumer is in it already; add each consumer once");
  }
  state_->bells.emplace_back();
  state_->members.push_back({&consumer});
  state_->changed = true;
}

void WaitSet::remove(Consumer& consumer) {
  const auto found = state_->find(consumer);
  if (found == state_->members.end()) {
    fail(Status::kBadOption, "wait set: this consumer isn't in it; it was removed already, or never added");
  }
  // Whose turn it is doesn't change.
  if (found - state_->members.begin() < static_cast<std::ptrdiff_t>(state_->first)) --state_->first;
  found->rouse();
  state_->members.erase(found);
  state_->changed = true;
}

std::size_t WaitSet::size() const noexcept { return state_->members.size(); }

Consumer* WaitSet::wait(std::chrono::nanoseconds timeout) noexcept {
  State& set = *state_;
  if (set.changed || (set.uring && set.uring_owner != ::getpid())) set.start_anew();
  const Deadline deadline(timeout);
  const Deadline spin_end(set.spin_budget);
  while (!set.members.empty()) {
    if (Consumer* const found = set.ready()) return found;
    if (deadline.passed()) break;
    if (!spin_end.passed()) {
      algorithm::NativeMemory::pause();
    } else if (Consumer* const found = set.sleep(deadline.left(kRound))) {
      return found;
    }
  }
  return nullptr;
}

}  // namespace ringmain
