// ring:NAME, the ring itself.
// SPDX-License-Identifier: MIT
#include "ringmain/transport/ring.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "fail.hpp"
#include "ringmain/pollable.hpp"
#include "ringmain/transport/address.hpp"
#include "ringmain/transport/quantity.hpp"

namespace ringmain::transport {
namespace {

class RingSource final : public Source {
 public:
  RingSource(Consumer consumer, std::string name, bool in_group)
      : consumer_(std::move(consumer)), name_(std::move(name)), in_group_(in_group) {}

  // What no sink has taken isn't dealt with.
  ~RingSource() override {
    if (kept_ && held_) held_->keep();
  }

  Status receive(std::chrono::nanoseconds timeout) override {
    release();
    if (!consumer_.lossy()) return borrow(timeout);
    return in_group_ ? borrow_copy(timeout) : copy(timeout);
  }

  void release() noexcept override { held_.reset(); }

  Status receive_into(Sink& sink, std::chrono::nanoseconds timeout) override {
    if (!in_group_) return Source::receive_into(sink, timeout);
    if (!sent_) {
      if (!kept_) {
        if (const Status status = receive(timeout); status != Status::kOk) return status;
        kept_ = true;
      }
      if (sink.send(message_.bytes, message_.type, timeout) != Status::kOk) return Status::kNoRoom;
      sent_ = true;
    }
    if (sink.flush(timeout) != Status::kOk) return Status::kNoRoom;
    kept_ = sent_ = false;
    release();
    return Status::kOk;
  }

  int descriptor() override { return pollable().descriptor(); }
  bool arm() override { return pollable().arm(); }

 private:
  Status checked(Status status) const {
    switch (status) {
      case Status::kOk:
      case Status::kEmpty:
      case Status::kTimedOut:
      case Status::kEnd: return status;
      default: fail(status, fmt::format("ring '{}': {}", name_, describe(status)));
    }
  }

  Status borrow(std::chrono::nanoseconds timeout) {
    held_.emplace(consumer_.receive_for(timeout));
    if (!*held_) {
      const Status status = held_->status();
      release();
      message_ = {};
      return checked(status);
    }
    message_ = {held_->bytes(), held_->type(), held_->lost(), held_->redelivered()};
    return Status::kOk;
  }

  // A member holds the message until the sink has it; what is lent is a copy, since the message may be overwritten.
  Status borrow_copy(std::chrono::nanoseconds timeout) {
    for (;;) {
      const Status status = borrow(timeout);
      if (status != Status::kOk) return status;
      buffer_.assign(message_.bytes.begin(), message_.bytes.end());
      message_.bytes = buffer_;
      if (held_->still_valid()) return status;
      release();  // the group was evicted, most likely: the next look tells
    }
  }

  // What may be overwritten at any moment is lent as a copy that is known to be whole.
  Status copy(std::chrono::nanoseconds timeout) {
    Copy copy = consumer_.read_for(buffer_, timeout);
    for (; copy.status == Status::kTooLarge; copy = consumer_.read_for(buffer_, timeout)) buffer_.resize(copy.bytes);
    message_ = {std::span(buffer_).first(copy ? copy.bytes : 0), copy.type, copy.lost, copy.redelivered};
    return checked(copy.status);
  }

  Pollable& pollable() {
    if (!pollable_) pollable_.emplace(consumer_.pollable());
    return *pollable_;
  }

  Consumer consumer_;
  std::optional<Pollable> pollable_{};
  std::optional<Message> held_{};
  std::vector<std::byte> buffer_ = std::vector<std::byte>(std::size_t{64} << 10);
  std::string name_;
  bool in_group_;
  bool sent_ = false;  // the kept message, but not flushed
};

class RingSink final : public Sink {
 public:
  RingSink(Producer producer, std::string name, bool remove_at_end)
      : producer_(std::move(producer)), name_(std::move(name)), remove_at_end_(remove_at_end) {}
  ~RingSink() override { producer_.abandon(); }

  std::byte* claim(std::size_t bytes, std::chrono::nanoseconds timeout) override {
    claim_ = producer_.claim_for(bytes, timeout);
    return claim_ ? claim_.bytes().data() : (checked(claim_.status(), bytes), nullptr);
  }
  void commit(std::size_t used, std::uint16_t type) override { claim_.commit(used, type); }
  void abort() noexcept override { claim_.abort(); }

  Status send(std::span<const std::byte> bytes, std::uint16_t type, std::chrono::nanoseconds timeout) override {
    return checked(producer_.publish_for(bytes, timeout, type), bytes.size());
  }

  Status close(std::chrono::nanoseconds /*timeout*/) override {
    if (closed_) return Status::kOk;
    if (remove_at_end_) {
      producer_.close_and_remove();
    } else {
      producer_.kept() ? producer_.abandon() : producer_.close();
    }
    closed_ = true;
    return Status::kOk;
  }

  std::size_t max_message() const noexcept override { return producer_.max_message(); }
  bool in_place() const noexcept override { return true; }

 private:
  Status checked(Status status, std::size_t bytes) const {
    switch (status) {
      case Status::kOk: return status;
      case Status::kNoRoom:
      case Status::kTimedOut: return Status::kNoRoom;
      case Status::kTooLarge:
        fail(status, fmt::format("ring '{}': a message of {} bytes: its largest is {}; create it with a capacity of {} "
                                 "or more",
                                 name_, bytes, max_message(), human_bytes(capacity_for(bytes))));
      default: fail(status, fmt::format("ring '{}': {}", name_, describe(status)));
    }
  }

  Producer producer_;
  Claim claim_{};
  std::string name_;
  bool remove_at_end_;
  bool closed_ = false;
};

Start start_of(const Address& address) {
  const std::string from = address.text("from", "latest");
  if (from == "latest") return Start::latest();
  if (from == "oldest") return Start::oldest();
  if (from == "last") return Start::last();
  const auto position = parse_number(from);
  if (!position) address.refuse("the value of 'from' is none; it is oldest, last, latest or a position");
  return Start::at(*position);
}

std::unique_ptr<Source> open_ring_source(const Address& address) {
  ConsumerOptions options;
  options.directory = address.text("dir", "");
  options.group = address.text("group", "");
  options.durable = address.flag("durable");
  options.spectator = address.flag("spectator");
  options.outlive_producer = address.flag("outlive-producer");
  options.start = start_of(address);
  options.wait_for_ring = address.duration("wait", options.wait_for_ring);
  options.spin = address.duration("spin", options.spin);
  return ring_source(Consumer::attach(address.target(), options), address.target(), !options.group.empty());
}

Producer create_or_take_over(const Address& address) {
  RingOptions options;
  options.directory = address.text("dir", "");
  options.capacity = address.size("capacity", options.capacity);
  options.policy = address.flag("overwrite") ? Policy::kOverwrite : Policy::kWait;
  options.evict_after = address.duration("evict-after", options.evict_after);
  options.keep = address.flag("keep");
  options.spin = address.duration("spin", options.spin);
  try {
    return Producer::create(address.target(), options);
  } catch (const Error& error) {
    if (error.status() != Status::kExists) throw;
  }
  OpenOptions existing;
  existing.directory = options.directory;
  existing.spin = options.spin;
  return Producer::open(address.target(), existing);
}

std::unique_ptr<Sink> open_ring_sink(const Address& address) {
  Producer producer = create_or_take_over(address);
  const std::uint64_t consumers = address.number("wait-for", 0);
  if (const Status status = producer.wait_for_consumers(consumers, address.duration("wait", kForever));
      consumers != 0 && status != Status::kOk) {
    producer.abandon();  // closed, it would look like a stream that was empty
    fail(status, fmt::format("ring '{}': waiting for {} consumers: {}", address.target(), consumers, describe(status)));
  }
  return ring_sink(std::move(producer), address.target(), address.flag("rm"));
}

}  // namespace

std::unique_ptr<Source> ring_source(Consumer consumer, std::string name, bool in_group) {
  return std::make_unique<RingSource>(std::move(consumer), std::move(name), in_group);
}

std::unique_ptr<Sink> ring_sink(Producer producer, std::string name, bool remove_at_end) {
  return std::make_unique<RingSink>(std::move(producer), std::move(name), remove_at_end);
}

Carrier ring_carrier() {
  using End = CarrierOption::End;
  return {
      "ring",
      "ring:NAME",
      "a ring in shared memory",
      {{"dir", "DIR", "where the ring is [default: $RINGMAIN_DIR, else /dev/shm]"},
       {"spin", "DURATION", "how long to spin before sleeping [default: 20us]"},
       {"wait", "DURATION", "for the ring [default: 0], or with 'wait-for' for them [default: forever]"},
       {"from", "START", "oldest, last (published), latest (the next) or a position [default: latest]", End::kSource},
       {"group", "GROUP", "share the messages with the members of this group", End::kSource},
       {"durable", "", "the group keeps its place without members", End::kSource},
       {"spectator", "", "watch without write access; may lose messages", End::kSource},
       {"outlive-producer", "", "go on when the producer dies and another takes over", End::kSource},
       {"capacity", "SIZE", "of a ring that doesn't exist yet [default: 8M]", End::kSink},
       {"overwrite", "", "likewise: never wait for consumers", End::kSink},
       {"evict-after", "DURATION", "likewise: evict who keeps the producer waiting for so long", End::kSink},
       {"keep", "", "likewise: it stays until it is removed, and its consumers wait for the next producer", End::kSink},
       {"wait-for", "N", "wait until so many groups are attached", End::kSink},
       {"rm", "", "remove the ring at the end", End::kSink}},
      open_ring_source,
      open_ring_sink};
}

}  // namespace ringmain::transport
