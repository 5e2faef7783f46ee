// SPDX-License-Identifier: MIT
#include "ringmain/producer.hpp"

#include <unistd.h>

#include <algorithm>
#include <bit>

#include "bell.hpp"
#include "birth.hpp"
#include "blank.hpp"
#include "clock.hpp"
#include "fail.hpp"
#include "futex.hpp"
#include "identity.hpp"
#include "lease.hpp"
#include "leases.hpp"
#include "removal.hpp"
#include "ringmain/algorithm/registry.hpp"

namespace ringmain {

namespace {

// How long the producer is held before it looks whether the dead or the too slow hold it, and how often then.
constexpr std::chrono::milliseconds kPatience{20};

// In a spin loop: how much room is worth going on for. Less, and producer and consumer would go in lockstep.
constexpr std::uint64_t kSpinRoom = std::uint64_t{64} << 10;

}  // namespace

struct Producer::State {
  using Registry = algorithm::Registry<algorithm::NativeMemory>;

  State(Segment opened, std::chrono::nanoseconds spin)
      : segment(std::move(opened)), lease([this] { return segment.reopen_ring(); }, &State::after_fork, this),
        ring(segment.ring(), !register_for_barriers()), spin_budget(spin) {
    take_lease();
  }

  void take_lease() {
    const std::string what = segment.what();
    constexpr int kAttempts = 100;  // who holds it may let go between our try and our question
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (lease.take(kProducerByte)) return;
      if (squatted(segment.ring_file(), kProducerByte)) {
        fail(Status::kSquatted,
             what + ": some process holds a read lock on the producer's lease, which only an attack does");
      }
      if (segment.producer_alive()) {
        fail(Status::kProducerExists, what + ": another producer is alive; a ring has one producer at a time");
      }
    }
    fail(Status::kNoLocks, what + ": the file system grants no lock for the producer's lease");
  }

  static void after_fork(void* state) noexcept { static_cast<State*>(state)->stop(Status::kLeaseLost); }

  void stop(Status why) noexcept {
    stopped = why;
    ring.defuse(blank_ring());
  }

  void register_producer() noexcept {
    auto& lines = segment.producer();
    const auto boot = std::bit_cast<std::array<std::uint64_t, 2>>(boot_identity());
    lines.boot[0].store(boot[0], std::memory_order_relaxed);
    lines.boot[1].store(boot[1], std::memory_order_relaxed);
    lines.clean.store(0, std::memory_order_relaxed);
    lines.producer_pid.store(static_cast<std::uint32_t>(::getpid()), std::memory_order_relaxed);
    registration = lines.registration.fetch_add(1, std::memory_order_acq_rel) + 1;
  }

  Registry registry() const noexcept { return Registry(*segment.consumers()); }

  Status wait_for_room(std::uint64_t extent, std::chrono::nanoseconds timeout) noexcept;
  bool attend(std::uint64_t extent) noexcept;

  Segment segment;
  Lease lease;
  algorithm::Producer<> ring;
  std::chrono::nanoseconds spin_budget;
  Status stopped = Status::kOk;    // why this handle does nothing any more
  std::uint64_t registration = 0;  // ours
  std::int64_t blocked_since = 0;
  Every patience{kPatience};
};

// Looks whether those who hold the producer are dead, or may be evicted. True: somebody was let go.
bool Producer::State::attend(std::uint64_t extent) noexcept {
  if (!lease.intact()) {
    stop(Status::kLeaseLost);
    return false;
  }
  const LineLeases leases{segment};
  bool changed = registry().bury(leases, /*dissolving=*/true);
  const auto evict_after = static_cast<std::int64_t>(segment.header().evict_after_ns);
  if (evict_after != 0 && now_ns() - blocked_since >= evict_after) {
    const algorithm::Position wanted = ring.position() + extent + algorithm::kSlotBytes - ring.ring().capacity;
    if (registry().evict_below(wanted, ring.floor())) {
      changed = true;
      ring_bell_for_all(ring.ring());
    }
  }
  return changed;
}

Status Producer::State::wait_for_room(std::uint64_t extent, std::chrono::nanoseconds timeout) noexcept {
  auto& lines = segment.producer();
  if (lines.removed.load(std::memory_order_acquire) != 0) return Status::kRemoved;
  // Another producer took over: our lease was lost, and this is where we come by often without a system call.
  if (lines.registration.load(std::memory_order_acquire) != registration) stop(Status::kLeaseLost);
  if (stopped != Status::kOk) return stopped;
  if (ring.refresh_limit(extent)) {
    blocked_since = 0;
    return Status::kOk;
  }
  if (blocked_since == 0) {
    blocked_since = now_ns();
    patience.restart();
  }
  const Deadline deadline(timeout);
  const Deadline spin_end(spin_budget);
  for (;;) {
    if (lines.removed.load(std::memory_order_acquire) != 0) return Status::kRemoved;
    bool room = patience.due() && attend(extent) && ring.refresh_limit(extent);
    if (stopped != Status::kOk) return stopped;
    if (timeout.count() <= 0) {
      if (!room) return Status::kNoRoom;
    } else if (!room && !spin_end.passed()) {
      // A look costs the consumers a cache miss: not too often, and not for a single message's worth.
      const std::uint64_t enough = std::max(extent, std::min(kSpinRoom, ring.ring().capacity / 4));
      room = spin(spin_end.left(deadline.left(kPatience)),
                  [&] {
                    for (int i = 0; i < 16; ++i) algorithm::NativeMemory::pause();
                    return ring.refresh_limit(enough);
                  }) ||
             ring.refresh_limit(extent);
    } else if (!room) {
      room = sleep_for_room(ring, extent, deadline.left(kPatience));
    }
    if (room) {
      blocked_since = 0;
      return Status::kOk;
    }
    if (deadline.passed()) return Status::kTimedOut;
  }
}

Producer::Producer(std::unique_ptr<State> state) noexcept : state_(std::move(state)), ring_(&state_->ring) {}
Producer::Producer(Producer&&) noexcept = default;
Producer& Producer::operator=(Producer&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
    ring_ = other.ring_;
  }
  return *this;
}
Producer::~Producer() { close(); }

Producer Producer::create(std::string_view name, const RingOptions& options) {
  for (;;) {
    Birth birth(name, options);
    auto state = std::make_unique<State>(std::move(birth.segment()), options.spin);
    state->ring.begin();
    state->register_producer();
    if (birth.publish()) return Producer(std::move(state));
  }
}

std::unique_ptr<Producer::State> Producer::succeed(Segment segment, const OpenOptions& options) {
  if (options.spin.count() < 0) fail(Status::kBadOption, "spin: must not be negative");
  check_type(segment, options.type);
  if (!options.force_unclean) check_clean(segment);
  auto state = std::make_unique<State>(std::move(segment), options.spin);
  const std::string what = state->segment.what();
  await_remover(state->segment);
  if (!state->ring.recover()) {
    fail(Status::kCorrupt, what + ": the producer's lines contradict each other; remove the ring");
  }
  state->register_producer();
  ring_bell_for_all(state->ring.ring());
  return state;
}

Producer Producer::open(std::string_view name, const OpenOptions& options) {
  return Producer(succeed(Segment::open(name, options.directory, Access::kProduce), options));
}

Producer Producer::open(RingDescriptors descriptors, const OpenOptions& options) {
  return Producer(succeed(Segment::open(descriptors, Access::kProduce), options));
}

Producer Producer::create_unnamed(const RingOptions& options) {
  auto state = std::make_unique<State>(make_unnamed(options), options.spin);
  seal(state->segment, options.take_over);
  state->ring.begin();
  state->register_producer();
  return Producer(std::move(state));
}

RingDescriptors Producer::descriptors() const {
  if (!state_->segment.name().empty()) {
    fail(Status::kBadOption, "ring '" + state_->segment.name() + "' has a name: attach by it");
  }
  return {state_->segment.ring_file(), state_->segment.consumers_file()};
}

Status Producer::wait_for_room(std::size_t bytes, std::chrono::nanoseconds timeout) noexcept {
  if (state_->stopped != Status::kOk) return state_->stopped;
  if (bytes > ring_->max_length()) return Status::kTooLarge;
  return state_->wait_for_room(algorithm::extent_of(bytes), timeout);
}

Status Producer::publish_at_bound(std::span<const std::byte> bytes, std::chrono::nanoseconds timeout,
                                  std::uint16_t type) noexcept {
  Claim room = claim_for(bytes.size(), timeout);
  if (!room) return room.status();
  std::copy(bytes.begin(), bytes.end(), room.bytes().begin());
  room.commit(type);
  return Status::kOk;
}

Status Producer::publish_batch(std::span<const std::span<const std::byte>> messages, std::uint16_t type) noexcept {
  if (state_->stopped != Status::kOk) return state_->stopped;
  if (messages.empty()) return Status::kOk;
  std::size_t bytes = 0;
  for (const auto& message : messages) {
    if (message.size() > ring_->max_length()) return Status::kTooLarge;
    bytes += batch_share(message.size());
    if (bytes > capacity() / 2) return Status::kTooLarge;
  }
  BatchClaim batch = claim_batch(bytes);
  if (!batch) return batch.status();
  for (const auto& message : messages) std::ranges::copy(message, batch.add(message.size(), type).begin());
  batch.commit();
  return Status::kOk;
}

BatchClaim Producer::claim_batch(std::size_t bytes, std::chrono::nanoseconds timeout) noexcept {
  if (state_->stopped != Status::kOk) return BatchClaim(state_->stopped);
  if (bytes > capacity() / 2) return BatchClaim(Status::kTooLarge);
  if (const Status status = state_->wait_for_room(bytes, timeout); status != Status::kOk) return BatchClaim(status);
  return BatchClaim(*ring_, bytes);
}

Status Producer::wait_for_consumers(std::size_t groups, std::chrono::nanoseconds timeout) noexcept {
  const Deadline deadline(timeout);
  auto& area = *state_->segment.consumers();
  const LineLeases leases{state_->segment};
  while (state_->stopped == Status::kOk) {
    if (state_->segment.producer().removed.load(std::memory_order_acquire) != 0) return Status::kRemoved;
    if (!state_->lease.intact()) {
      state_->stop(Status::kLeaseLost);
      break;
    }
    const std::uint32_t bell = area.room_bell.load(std::memory_order_acquire);
    state_->registry().bury(leases, /*dissolving=*/false);
    if (state_->registry().groups_attached(leases) >= groups) return Status::kOk;
    if (deadline.passed()) return Status::kTimedOut;
    futex_wait({&area.room_bell, bell}, deadline.left(kRound));
  }
  return state_->stopped;
}

void Producer::close() noexcept {
  if (!state_ || state_->stopped != Status::kOk) return;
  if (!state_->lease.intact()) return state_->stop(Status::kLeaseLost);
  const Segment& segment = state_->segment;
  ring_->close();
  if (segment.on_disk()) segment.flush();
  segment.producer().clean.store(1, std::memory_order_release);
  ring_bell_for_all(ring_->ring());
  state_->stop(Status::kEnd);
  state_->lease.drop();
}

void Producer::abandon() noexcept {
  if (!state_ || state_->stopped != Status::kOk) return;
  if (!state_->lease.intact()) return state_->stop(Status::kLeaseLost);
  state_->lease.drop();
  ring_bell_for_all(ring_->ring());
  state_->stop(Status::kEnd);
}

void Producer::remove() {
  if (state_->stopped == Status::kOk && !state_->lease.intact()) state_->stop(Status::kLeaseLost);
  if (state_->stopped != Status::kOk) {
    fail(state_->stopped, "remove ring '" + state_->segment.name() + "': " + describe(state_->stopped));
  }
  if (!state_->segment.name().empty()) remove_own(state_->segment);  // else it goes with its last holder
}

void Producer::close_and_remove() {
  if (state_->stopped == Status::kOk && state_->lease.intact()) ring_->close();  // before consumers see it removed
  try {
    remove();
  } catch (...) {
    close();
    throw;
  }
  close();
}

std::uint64_t Producer::attachments() const noexcept { return state_->registry().attachments(); }
std::size_t Producer::capacity() const noexcept { return state_->segment.header().capacity; }
bool Producer::kept() const noexcept { return state_->segment.header().kept != 0; }

}  // namespace ringmain
