// A consumer of a ring. A handle is used by one thread at a time; it borrows at most one message at a time.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "ringmain/algorithm/reader.hpp"
#include "ringmain/error.hpp"
#include "ringmain/pollable.hpp"
#include "ringmain/segment.hpp"

struct io_uring_sqe;  // of <linux/io_uring.h>, or of liburing

namespace ringmain {

struct ConsumerOptions {
  std::filesystem::path directory{};
  std::string group{};   // share the work with the members of this group; empty: every message (a group of its own)
  bool durable = false;  // the named group keeps its place, and so the producer waiting, while nobody is attached
  Start start = Start::latest();
  bool spectator = false;  // watch without write access: never gates the producer, may be lapped, polls every 1 ms
  std::chrono::nanoseconds wait_for_ring{0};  // for the ring to appear; kForever
  // Before a blocking receive sleeps; 0: at once; kForever: never.
  std::chrono::nanoseconds spin = std::chrono::microseconds(20);
  bool outlive_producer = false;  // blocking receives go on waiting when the producer dies, for one that takes over
  TypeIdentity type{};
};

namespace detail {
void ring_room_bell(algorithm::Reader<>& reader) noexcept;  // the cold half of a release: wakes the producer
}

// A borrowed message: a view into the ring, given back on destruction. Falsy when there is none, then status() says why.
// It must not outlive its consumer's attachment.
class [[nodiscard]] Message {
 public:
  [[gnu::always_inline]] Message(Message&& other) noexcept
      : reader_(std::exchange(other.reader_, nullptr)), bytes_(other.bytes_), type_(other.type_),
        status_(other.status_) {}
  // In `m = consumer.receive()` the right side would borrow the same message again before the left gave it back.
  Message& operator=(Message&&) = delete;
  [[gnu::always_inline]] ~Message() { release(); }

  explicit operator bool() const noexcept { return reader_ != nullptr; }
  Status status() const noexcept { return status_; }

  std::span<const std::byte> bytes() const noexcept { return bytes_; }  // contiguous, aligned to 16 bytes
  std::uint16_t type() const noexcept { return type_; }
  // Of a message that is there (truthy, not released); so the four below.
  std::uint64_t position() const noexcept { return reader_->position(); }
  std::uint64_t lost() const noexcept { return reader_->lost_before(); }  // messages missed just before this one
  bool redelivered() const noexcept { return reader_->redelivered(); }    // a member that died held it before

  // False: the producer has overwritten it, or may have; what was read from bytes() must be thrown away. On a ring that
  // waits and never evicts only a peer that lies about our place can bring that about. Call it after the last use. Such a
  // message isn't counted in lost().
  bool still_valid() const noexcept { return reader_->still_valid(); }

  [[gnu::always_inline]] void release() noexcept {  // early
    if (reader_ == nullptr) return;
    algorithm::Reader<>* reader = std::exchange(reader_, nullptr);
    if (reader->release()) [[unlikely]] {
      detail::ring_room_bell(*reader);
    }
  }

  // For who has found !still_valid(): it counts as lost, and the next receive goes on behind it.
  void distrust() noexcept {
    if (reader_ != nullptr) std::exchange(reader_, nullptr)->distrust();
  }

  // Goes on behind it without giving it back: bytes() stay where they are, and the producer waits for them, until
  // Consumer::release_below() reaches past it. So one consumer can hold many messages. Not for the member of a group, which
  // holds one, where it is keep().
  void pass() noexcept {
    if (reader_ != nullptr) std::exchange(reader_, nullptr)->pass();
  }

  // Doesn't give it back: the consumer goes on holding it, and the next receive finds it again. Should the consumer leave
  // with it, another member of its group receives it.
  void keep() noexcept { reader_ = nullptr; }

 private:
  friend class Consumer;
  explicit Message(algorithm::Reader<>& reader) noexcept
      : reader_(&reader), bytes_(reader.bytes()), type_(reader.type()) {}
  explicit Message(Status status) noexcept : status_(status) {}

  algorithm::Reader<>* reader_ = nullptr;
  std::span<const std::byte> bytes_{};
  std::uint16_t type_ = 0;
  Status status_ = Status::kOk;
};

// What a copying read returns.
struct Copy {
  Status status = Status::kOk;  // kTooLarge: the buffer is too small; the message stays, `bytes` says what it needs
  std::size_t bytes = 0;
  std::uint64_t position = 0;
  std::uint64_t lost = 0;
  std::uint16_t type = 0;
  bool redelivered = false;
  explicit operator bool() const noexcept { return status == Status::kOk; }
};

// What a poll returns.
struct Poll {
  std::size_t messages = 0;
  Status status = Status::kOk;  // kOk: the limit was reached; else why it stopped (kEmpty, kEnd, ...)
};

class Consumer {
 public:
  // Throws kNotFound (after wait_for_ring), kBadName, kBadOption, kNoPermission, kNotARing, kTruncated, kLayoutMismatch,
  // kCorrupt, kTypeMismatch, kUnclean, kTooMany, kSquatted, kSystem; kInUse if a process that joins a group just now,
  // for which another that joins one waits, is stuck for 5 s.
  static Consumer attach(std::string_view name, const ConsumerOptions& options = {});
  static Consumer attach(RingDescriptors descriptors, const ConsumerOptions& options = {});

  Consumer(Consumer&&) noexcept;
  Consumer& operator=(Consumer&&) noexcept;
  ~Consumer();  // leaves; the members of a group go on

  // --- receiving: noexcept. A falsy message says why: kEmpty (try_, or a timeout that is 0 or past), kTimedOut, kEnd,
  // kProducerLost (the ring can be received from again when a new producer has taken over), kEvicted, kRemoved,
  // kLeaseLost, kCorrupt. The blocking forms spin for ConsumerOptions::spin, then sleep.
  inline Message try_receive() noexcept;
  [[gnu::always_inline]] Message receive() noexcept { return receive_for(kForever); }
  inline Message receive_for(std::chrono::nanoseconds timeout) noexcept;
  inline Message receive_until(std::chrono::steady_clock::time_point deadline) noexcept;

  // Calls handler(const Message&) for up to `limit` messages that are there now; doesn't wait.
  template <class Handler>
  Poll poll(Handler&& handler, std::size_t limit);

  // Copies the next message into the buffer; what it returns was not overwritten meanwhile, whatever the policy.
  Copy try_read(std::span<std::byte> buffer) noexcept;
  Copy read(std::span<std::byte> buffer) noexcept { return read_for(buffer, kForever); }
  Copy read_for(std::span<std::byte> buffer, std::chrono::nanoseconds timeout) noexcept;

  // --- holding several messages: each is received, then passed (Message::pass).

  // Gives back all that was passed below `position`, at most position(). (So does the release of a later message.) May be
  // called by one thread while another one receives.
  void release_below(std::uint64_t position) noexcept {
    if (reader_->release_below(position)) [[unlikely]] {
      detail::ring_room_bell(*reader_);
    }
  }

  // As Message::still_valid(), of a message that was passed.
  bool still_valid(std::uint64_t position) const noexcept { return reader_->still_valid(position); }

  // The producer sleeps because of what was not given back here. Who waits for a message, and has none left to receive,
  // waits in vain then.
  bool holds_up_producer() const noexcept { return reader_->holds_up(); }

  // --- waiting in an event loop. For several rings at once there is WaitSet, too.

  // A descriptor for epoll and its like; see Pollable for `period`. Throws kSystem.
  Pollable pollable(std::chrono::nanoseconds period = std::chrono::milliseconds(50));

  // A wait for this ring as an operation of the caller's own io_uring; to be called when try_receive() has found
  // nothing and no such wait is under way; doesn't block. Fills an entry (one of your own, to be copied to the one
  // that is submitted: an entry that was taken can't be given back); set user_data and flags afterwards. Its
  // completion, whatever the result, means: receive, as long as there is something, then prepare the next. Needs Linux
  // 6.7; before, the completion is EINVAL.
  //
  // Returns for how long to wait at most, 50 ms (1 ms for a spectator): the dead ring no bell, so have a timeout in
  // the same io_uring, and receive then, too. 0: there may be something by now, so receive; the entry is unchanged.
  std::chrono::nanoseconds prepare_wait(io_uring_sqe& entry) noexcept;

  std::uint64_t position() const noexcept { return reader_->position(); }  // of the next message, or the borrowed one
  std::uint64_t lost() const noexcept;                                     // messages missed since attach
  std::uint64_t lag_bytes() const noexcept { return reader_->lag(); }      // not received yet, by it or its group
  std::size_t capacity() const noexcept;
  std::chrono::system_clock::time_point created() const noexcept;  // the ring
  uid_t owner() const;                                             // of its files: who may produce. Throws kSystem

  // A borrowed message may be overwritten meanwhile, so that still_valid() must be asked after its use: the ring
  // overwrites or evicts, or this is a spectator.
  bool lossy() const noexcept { return reader_->lossy(); }

 private:
  friend class Pollable;
  friend class WaitSet;
  struct State;
  explicit Consumer(std::unique_ptr<State> state) noexcept;

  // The cold halves: `next` finds out why there is no message, `wait` does so until the timeout; kOk: there is one.
  Status next() noexcept;
  Status wait(std::chrono::nanoseconds timeout) noexcept;
  static std::optional<Copy> copy_out(Message message, std::span<std::byte> buffer) noexcept;

  std::unique_ptr<State> state_;
  algorithm::Reader<>* reader_ = nullptr;  // inside *state_
};

[[gnu::always_inline]] inline Message Consumer::try_receive() noexcept {
  algorithm::Reader<>& reader = *reader_;
  if (reader.look()) [[likely]]
    return Message(reader);
  const Status status = next();
  return status == Status::kOk ? Message(reader) : Message(status);
}

[[gnu::always_inline]] inline Message Consumer::receive_for(std::chrono::nanoseconds timeout) noexcept {
  algorithm::Reader<>& reader = *reader_;
  if (reader.look()) [[likely]]
    return Message(reader);
  const Status status = wait(timeout);
  return status == Status::kOk ? Message(reader) : Message(status);
}

inline Message Consumer::receive_until(std::chrono::steady_clock::time_point deadline) noexcept {
  algorithm::Reader<>& reader = *reader_;
  if (reader.look()) [[likely]]
    return Message(reader);
  const auto left = deadline - std::chrono::steady_clock::now();
  const Status status = wait(left.count() > 0 ? left : std::chrono::nanoseconds{0});
  return status == Status::kOk ? Message(reader) : Message(status);
}

template <class Handler>
Poll Consumer::poll(Handler&& handler, std::size_t limit) {
  Poll result;
  while (result.messages < limit) {
    const Message message = try_receive();
    if (!message) {
      result.status = message.status();
      break;
    }
    handler(message);
    ++result.messages;
  }
  return result;
}

}  // namespace ringmain
