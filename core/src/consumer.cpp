// SPDX-License-Identifier: MIT
#include "ringmain/consumer.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "consumer_state.hpp"
#include "fail.hpp"

namespace ringmain {

// Takes over the message of a dead member of our group, if there is one. True: it is borrowed.
bool Consumer::State::reap() noexcept {
  if (!lease->intact()) return false;
  const OwnLease leases{segment, *lease};
  const bool reaped = registry().for_each_dead_member(
      group, line, leases, [&](auto& dead, std::uint64_t word) { return reader.reap(dead, word); });
  if (reaped) own().redelivered.fetch_add(1, std::memory_order_relaxed);
  ring_room_bell(*segment.consumers());
  return reaped;
}

// What no shared word tells: whether we and the producer live. kEmpty: nothing new.
Status Consumer::State::look_around() noexcept {
  producer_lost = !segment.producer_alive();
  if (!producer_lost && !own_lease_period.due()) return Status::kEmpty;
  if (lease && !lease->intact()) {
    stop(Status::kLeaseLost);
    return stopped;
  }
  if (!producer_lost) return Status::kEmpty;
  // It may have committed or closed just before it died: look again, now that nothing can follow.
  const Status status = reader.examine();
  return status == Status::kEmpty ? Status::kProducerLost : status;
}

void Consumer::State::note_loss() noexcept {
  if (lease && stopped == Status::kOk && own().lost.load(std::memory_order_relaxed) != reader.lost()) {
    own().lost.store(reader.lost(), std::memory_order_relaxed);
  }
}

// Who has caught up with a stream doesn't look again at once. A look takes the next slot's line away from the producer,
// who is about to write there, and then each message waits for its line to come and go. The longer the stream, the longer
// the head start; who had to wait for his last message, too, looks at once: it may be the answer to his own.
void Consumer::State::give_head_start() noexcept {
  constexpr algorithm::Position kMostPauses = 64;  // 2 us where a pause takes 30 ns
  const algorithm::Position slots = (reader.position() - waited_at) / algorithm::kSlotBytes;
  waited_at = reader.position();
  for (auto pauses = std::min(slots / 8, kMostPauses); pauses > 0; --pauses) algorithm::NativeMemory::pause();
}

Status Consumer::State::next() noexcept {
  if (stopped != Status::kOk) return stopped;
  if (lease) {
    if (!still_listed()) return Status::kEvicted;
    if (group.number != 0 && !reader.holds() && reap_period.due() && reap()) return Status::kOk;
  }
  Status status = reader.examine();
  // Evicted just now: what the head pointed at is gone for that reason.
  if (status == Status::kCorrupt && lease && !still_listed()) return Status::kEvicted;
  if (status == Status::kEmpty && (producer_lost || look_around_period.due())) status = look_around();
  note_loss();
  // What a dead member held is still to come, though it died after we last looked after the dead.
  const bool ended = status == Status::kEnd || status == Status::kProducerLost;
  if (ended && group.number != 0 && reap()) return Status::kOk;
  return status;
}

Consumer::Consumer(std::unique_ptr<State> state) noexcept : state_(std::move(state)), reader_(&state_->reader) {}
Consumer::Consumer(Consumer&&) noexcept = default;
Consumer& Consumer::operator=(Consumer&&) noexcept = default;
Consumer::~Consumer() = default;

Consumer Consumer::attach(std::string_view name, const ConsumerOptions& options) {
  const Access access = options.spectator ? Access::kWatch : Access::kConsume;
  const Deadline deadline(options.wait_for_ring);
  constexpr std::chrono::milliseconds kLook{10};
  for (;;) {
    try {
      return Consumer(std::make_unique<State>(Segment::open(name, options.directory, access), options));
    } catch (const Error& error) {
      if (error.status() != Status::kNotFound || options.wait_for_ring.count() <= 0 || deadline.passed()) throw;
    }
    std::this_thread::sleep_for(deadline.left(kLook));
  }
}

Consumer Consumer::attach(RingDescriptors descriptors, const ConsumerOptions& options) {
  const Access access = options.spectator ? Access::kWatch : Access::kConsume;
  return Consumer(std::make_unique<State>(Segment::open(descriptors, access), options));
}

Status Consumer::next() noexcept { return state_->next(); }

std::chrono::system_clock::time_point Consumer::created() const noexcept { return state_->segment.created(); }

Status Consumer::wait(std::chrono::nanoseconds timeout) noexcept {
  State& state = *state_;
  if (timeout.count() <= 0) {
    const Status status = state.next();
    return state.patient_with(status) ? Status::kEmpty : status;
  }
  const auto ready = [&] { return reader_->look() || reader_->peek(); };
  if (state.spin_budget.count() > 0) {
    state.give_head_start();
    // Mostly it is there within a microsecond: no clock is read for that.
    if (glance(ready) && reader_->holds()) return Status::kOk;
  }
  const Deadline deadline(timeout);
  const Deadline spin_end(state.spin_budget);
  for (int rounds = 0;; ++rounds) {
    const Status status = state.next();
    if (!state.patient_with(status)) return status;
    if (deadline.passed()) return Status::kTimedOut;
    if (!spin_end.passed()) {
      spin(spin_end.left(deadline.left(kRound)), ready);
    } else {
      const auto round = rounds < kPatientRounds ? kRound : 2 * kRound;
      state.bell.sleep(deadline.left(round), [&] { return reader_->examine() != Status::kEmpty; });
    }
  }
}

// Nothing: it was overwritten meanwhile, so the next look will count what was lost, this message included.
std::optional<Copy> Consumer::copy_out(Message message, std::span<std::byte> buffer) noexcept {
  if (!message) return Copy{.status = message.status()};
  Copy copy{.bytes = message.bytes().size(),
            .position = message.position(),
            .lost = message.lost(),
            .type = message.type(),
            .redelivered = message.redelivered()};
  if (copy.bytes > buffer.size()) {
    copy.status = Status::kTooLarge;
    message.keep();
    return copy;
  }
  if (copy.bytes != 0) std::memcpy(buffer.data(), message.bytes().data(), copy.bytes);
  if (message.still_valid()) return copy;
  message.distrust();
  return std::nullopt;
}

Copy Consumer::try_read(std::span<std::byte> buffer) noexcept {
  for (;;) {
    if (const auto copy = copy_out(try_receive(), buffer)) return *copy;
  }
}

Copy Consumer::read_for(std::span<std::byte> buffer, std::chrono::nanoseconds timeout) noexcept {
  const Deadline deadline(timeout);
  for (;;) {
    if (const auto copy = copy_out(receive_for(deadline.left(timeout)), buffer)) return *copy;
  }
}

std::uint64_t Consumer::lost() const noexcept { return reader_->lost(); }

uid_t Consumer::owner() const {
  struct stat file {};
  if (::fstat(state_->segment.ring_file(), &file) != 0) fail_system("ask for the owner of the ring", errno);
  return file.st_uid;
}

std::size_t Consumer::capacity() const noexcept { return state_->segment.header().capacity; }

}  // namespace ringmain
