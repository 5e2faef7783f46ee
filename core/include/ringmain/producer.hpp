// The producer of a ring. One live producer a ring; a handle is used by one thread at a time.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "ringmain/algorithm/producer.hpp"
#include "ringmain/error.hpp"
#include "ringmain/segment.hpp"

namespace ringmain {

class Segment;

namespace detail {
void ring_bell(algorithm::Producer<>& ring) noexcept;  // the cold half of a commit: wakes sleepers
}

// A message being written in place. Falsy when there is none, then status() says why. Its destructor aborts.
class [[nodiscard]] Claim {
 public:
  Claim() noexcept = default;
  [[gnu::always_inline]] Claim(Claim&& other) noexcept
      : ring_(std::exchange(other.ring_, nullptr)), bytes_(other.bytes_), status_(other.status_) {}
  Claim& operator=(Claim&& other) noexcept {
    ring_ = std::exchange(other.ring_, nullptr);
    bytes_ = other.bytes_;
    status_ = other.status_;
    return *this;
  }
  [[gnu::always_inline]] ~Claim() { abort(); }

  explicit operator bool() const noexcept { return ring_ != nullptr; }
  Status status() const noexcept { return status_; }

  // Writable until commit or abort; contiguous, aligned to 16 bytes; holds old bytes of the ring.
  std::span<std::byte> bytes() const noexcept { return bytes_; }

  // Publishes the first `used` bytes (default: all; more than claimed counts as all).
  [[gnu::always_inline]] void commit(std::uint16_t type = 0) noexcept { commit(bytes_.size(), type); }
  [[gnu::always_inline]] void commit(std::size_t used, std::uint16_t type) noexcept {
    if (ring_ == nullptr) return;
    algorithm::Producer<>* ring = std::exchange(ring_, nullptr);
    if (ring->commit(used < bytes_.size() ? used : bytes_.size(), type)) [[unlikely]] {
      detail::ring_bell(*ring);
    }
  }

  // Gives the room back; nothing is published.
  void abort() noexcept { ring_ = nullptr; }

 private:
  friend class Producer;
  Claim(algorithm::Producer<>* ring, std::span<std::byte> bytes) noexcept : ring_(ring), bytes_(bytes) {}
  explicit Claim(Status status) noexcept : status_(status) {}

  algorithm::Producer<>* ring_ = nullptr;
  std::span<std::byte> bytes_{};
  Status status_ = Status::kOk;
};

// Several messages being written in place, to be seen all at once. Falsy when there is no room for them, then status()
// says why. Its destructor aborts. As with a claim, nothing else is published meanwhile.
class [[nodiscard]] BatchClaim {
 public:
  BatchClaim(BatchClaim&& other) noexcept
      : batch_(std::exchange(other.batch_, std::nullopt)), end_(other.end_), status_(other.status_),
        ring_(other.ring_) {}
  BatchClaim& operator=(BatchClaim&&) = delete;
  ~BatchClaim() { abort(); }

  explicit operator bool() const noexcept { return batch_.has_value(); }
  Status status() const noexcept { return status_; }

  // Where the next message, of `bytes`, is to be written: before the next add(), or commit(). Its data() is null if it
  // doesn't fit any more.
  std::span<std::byte> add(std::size_t bytes, std::uint16_t type = 0) noexcept {
    if (!batch_ || !ring_->takes(bytes) || batch_->end() + algorithm::extent_of(bytes) > end_) return {};
    return {batch_->add(bytes, type), bytes};
  }

  void commit() noexcept {
    if (batch_ && batch_->commit()) detail::ring_bell(*ring_);
    batch_.reset();
  }

  // Gives the room back; nothing is published.
  void abort() noexcept {
    if (batch_) batch_->give_up();
    batch_.reset();
  }

 private:
  friend class Producer;
  BatchClaim(algorithm::Producer<>& ring, std::uint64_t bytes) noexcept
      : batch_(ring), end_(ring.position() + bytes), ring_(&ring) {}
  explicit BatchClaim(Status status) noexcept : status_(status) {}

  std::optional<algorithm::Producer<>::Batch> batch_{};
  std::uint64_t end_ = 0;
  Status status_ = Status::kOk;
  algorithm::Producer<>* ring_ = nullptr;
};

class Producer {
 public:
  // Throws kExists, kBadName, kBadOption, kNotFound (the directory), kNoPermission, kNoSpace, kNoLocks, kSquatted, kSystem.
  static Producer create(std::string_view name, const RingOptions& options = {});

  // Takes over a ring whose producer died or closed: everything committed is kept, consumers go on. Throws kNotFound,
  // kProducerExists, kBadName, kBadOption, kSquatted, kUnclean, kNoPermission, and whatever attach finds wrong with the
  // segment.
  static Producer open(std::string_view name, const OpenOptions& options = {});

  // A ring without a name, in sealed memory: nobody can truncate it; nobody can write it or take it over, unless it is made
  // with `take_over`; it is gone with its last holder. `directory` is not used. Throws as create does.
  static Producer create_unnamed(const RingOptions& options = {});
  RingDescriptors descriptors() const;  // throws kBadOption for a named ring

  // Takes over an unnamed ring that was made with `take_over`; the descriptors stay the caller's. Throws as the other
  // open(), and kBadOption for a ring that was made without.
  static Producer open(RingDescriptors descriptors, const OpenOptions& options = {});

  Producer(Producer&&) noexcept;
  Producer& operator=(Producer&&) noexcept;
  ~Producer();  // closes: that writes a ring on a disk to it

  // --- publishing: noexcept. The blocking forms wait for room: they spin for RingOptions::spin, then sleep.
  // kOk; kTooLarge (capacity_for() names the capacity it needs); kNoRoom (try_, or a timeout of 0); kTimedOut (_for only);
  // kRemoved; kLeaseLost; kEnd after close(). Whatever isn't kOk has published nothing.

  // Copies a message into the ring. `type` is the user's own; consumers see it as Message::type().
  [[nodiscard, gnu::always_inline]] Status publish(std::span<const std::byte> bytes, std::uint16_t type = 0) noexcept {
    return publish_for(bytes, kForever, type);
  }
  [[nodiscard]] inline Status try_publish(std::span<const std::byte> bytes, std::uint16_t type = 0) noexcept;
  [[nodiscard]] inline Status publish_for(std::span<const std::byte> bytes, std::chrono::nanoseconds timeout,
                                          std::uint16_t type = 0) noexcept;

  // Room for a message of up to `bytes`, to be written in place. One claim is open at a time, and nothing else is
  // published meanwhile.
  [[gnu::always_inline]] Claim claim(std::size_t bytes) noexcept { return claim_for(bytes, kForever); }
  inline Claim try_claim(std::size_t bytes) noexcept;
  inline Claim claim_for(std::size_t bytes, std::chrono::nanoseconds timeout) noexcept;

  // Publishes all or nothing: consumers see the whole batch at once. At most capacity / 2 together, a 16-byte header
  // and rounding up to 64 for each included. Waits for room.
  [[nodiscard]] Status publish_batch(std::span<const std::span<const std::byte>> messages,
                                     std::uint16_t type = 0) noexcept;

  // The same in place. `bytes` is what the messages take in all, batch_share() of each. kTooLarge: more than capacity / 2.
  BatchClaim claim_batch(std::size_t bytes, std::chrono::nanoseconds timeout = kForever) noexcept;
  static constexpr std::size_t batch_share(std::size_t message_bytes) noexcept {
    return algorithm::extent_of(message_bytes);
  }

  // Until `groups` groups (a consumer without a named group is one) are attached. kOk; kTimedOut; kRemoved;
  // kLeaseLost; kEnd after close().
  Status wait_for_consumers(std::size_t groups, std::chrono::nanoseconds timeout = kForever) noexcept;

  // How many consumers have come so far, those that have gone included; for who must not miss one.
  std::uint64_t attachments() const noexcept;

  // Ends the stream: consumers receive what is left, then kEnd. Later calls of this handle return kEnd. Idempotent.
  void close() noexcept;

  // Leaves as if killed: consumers receive what is left, then kProducerLost, and so know that the stream is incomplete.
  // Another producer can take over. Later calls of this handle return kEnd. Idempotent.
  void abandon() noexcept;

  // Removes the ring, by whatever directory it is reached: consumers receive what is left, then kRemoved. Nothing happens
  // to a new ring that has the name by now. Throws kNoPermission, kInUse (another removes it, and isn't done after a
  // second), kSquatted, kSystem, and what ended this handle, as publishing would return it.
  void remove();

  // Closes, then removes: consumers receive what is left, then kEnd. No other producer takes over in between. Throws as
  // remove() does; closed it is in any case.
  void close_and_remove();

  std::uint64_t position() const noexcept { return ring_->position(); }
  std::size_t capacity() const noexcept;
  bool kept() const noexcept;  // RingOptions::keep: who ends but not for ever abandons it, rather than closing it
  std::size_t max_message() const noexcept { return max_message_bytes(capacity()); }

 private:
  struct State;
  explicit Producer(std::unique_ptr<State> state) noexcept;
  static std::unique_ptr<State> succeed(Segment segment, const OpenOptions& options);

  // The cold half of a publish: claims, which may wait.
  Status publish_at_bound(std::span<const std::byte> bytes, std::chrono::nanoseconds timeout,
                          std::uint16_t type) noexcept;

  // The cold half of a claim: waits until a message of `bytes` fits, or says why it can't.
  Status wait_for_room(std::size_t bytes, std::chrono::nanoseconds timeout) noexcept;

  std::unique_ptr<State> state_;
  algorithm::Producer<>* ring_ = nullptr;  // inside *state_
};

[[gnu::always_inline]] inline Status Producer::publish_for(std::span<const std::byte> bytes,
                                                           std::chrono::nanoseconds timeout,
                                                           std::uint16_t type) noexcept {
  const auto outcome = ring_->publish(bytes, type);
  if (outcome == algorithm::Producer<>::Outcome::kNoRoom) [[unlikely]]
    return publish_at_bound(bytes, timeout, type);
  if (outcome == algorithm::Producer<>::Outcome::kRing) [[unlikely]] {
    detail::ring_bell(*ring_);
  }
  return Status::kOk;
}

[[gnu::always_inline]] inline Status Producer::try_publish(std::span<const std::byte> bytes,
                                                           std::uint16_t type) noexcept {
  return publish_for(bytes, std::chrono::nanoseconds{0}, type);
}

[[gnu::always_inline]] inline Claim Producer::claim_for(std::size_t bytes, std::chrono::nanoseconds timeout) noexcept {
  std::byte* payload = ring_->try_claim(bytes);
  if (payload == nullptr) [[unlikely]] {
    if (const Status status = wait_for_room(bytes, timeout); status != Status::kOk) return Claim(status);
    payload = ring_->try_claim(bytes);
  }
  return Claim(ring_, {payload, bytes});
}

[[gnu::always_inline]] inline Claim Producer::try_claim(std::size_t bytes) noexcept {
  return claim_for(bytes, std::chrono::nanoseconds{0});
}

}  // namespace ringmain
