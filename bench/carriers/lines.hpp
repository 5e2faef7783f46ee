// The physical limit of small messages: cache lines in plain shared memory, each with a tag and the payload, and
// nothing else. No header, no length, no fence, nobody to notify, nothing survives a crash.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "carriers/carrier.hpp"
#include "harness/cpu.hpp"
#include "harness/shared_memory.hpp"

namespace ringmain::bench {

enum class FlowControl : std::uint8_t {
  kNone,    // for a round trip: the answer is proof enough that the line may be used again
  kSparse,  // the reader tells its position eight times in a lap, the writer looks when it has used up what it knew
};

// kSenderAhead: how many slots ahead the sender prefetches; 0: not at all. kHeadStart: how often the receiver of a
// stream that has caught up pauses before it looks again: looking for a line takes it away from the writer, and a
// reader at the writer's heels slows both down. It is a stream if not every message was waited for, so a round trip
// isn't delayed.
template <FlowControl kFlow, std::size_t kSenderAhead = 0, std::size_t kHeadStart = 0>
class Lines {
 public:
  static constexpr std::uint64_t kReportsPerLap = 8;

  // For messages of `bytes`. `slots` must be a power of two.
  Lines(std::size_t bytes, std::size_t slots) : lines_(slots * lines_of(bytes)), mask_(slots - 1) {
    if (!std::has_single_bit(slots)) throw std::invalid_argument("Lines: the number of slots is no power of two");
  }

 private:
  // The first line of a message. The payload goes on in as many more as it needs.
  struct alignas(64) Slot {
    std::atomic<std::uint64_t> tag{0};  // the number of messages up to and including this one
    std::byte payload[56]{};
  };
  using Position = std::atomic<std::uint64_t>;

  // Computed, because it may go beyond slot->payload.
  static std::byte* payload_of(Slot* slot) noexcept {
    return reinterpret_cast<std::byte*>(slot) + offsetof(Slot, payload);
  }
  static const std::byte* payload_of(const Slot* slot) noexcept {
    return reinterpret_cast<const std::byte*>(slot) + offsetof(Slot, payload);
  }

  static constexpr std::size_t lines_of(std::size_t bytes) noexcept {
    return (sizeof(std::uint64_t) + bytes + sizeof(Slot) - 1) / sizeof(Slot);
  }

 public:
  class Sender {
   public:
    Sender(Slot* lines, const Position* reader, std::uint64_t mask) noexcept
        : lines_(lines), reader_(reader), mask_(mask),
          limit_(kFlow == FlowControl::kNone ? std::numeric_limits<std::uint64_t>::max() : mask + 1) {}

    template <class Write>
    void send(std::size_t bytes, Write write) noexcept {
      if (position_ == limit_) [[unlikely]] {
        limit_ = wait_for_room(*reader_, position_ - mask_) + mask_;
      }
      Slot& slot = lines_[(position_ & mask_) * lines_of(bytes)];
      write(payload_of(&slot));
      ++position_;
      // release: pairs with the receiver's acquire. Without it the tag might arrive before the payload.
      slot.tag.store(position_, std::memory_order_release);
      if constexpr (kSenderAhead != 0)
        prefetch_for_writing(&lines_[((position_ + kSenderAhead) & mask_) * lines_of(bytes)]);
    }

   private:
    Slot* lines_;
    const Position* reader_;
    std::uint64_t mask_;
    std::uint64_t limit_;
    std::uint64_t position_ = 0;
  };

  class Receiver {
   public:
    Receiver(const Slot* lines, Position* reader, std::uint64_t mask) noexcept
        : lines_(lines), reader_(reader), mask_(mask) {}

    template <class Read>
    void receive(std::size_t bytes, Read read) noexcept {
      const Slot& slot = lines_[(position_ & mask_) * lines_of(bytes)];
      ++position_;
      if (slot.tag.load(std::memory_order_acquire) != position_) wait_for(slot);
      read(payload_of(&slot));
      if constexpr (kFlow == FlowControl::kSparse) {
        // release: the payload was read before the writer may use its place again.
        if ((position_ & (mask_ / kReportsPerLap)) == 0) reader_->store(position_, std::memory_order_release);
      }
    }

   private:
    void wait_for(const Slot& slot) noexcept {
      if constexpr (kHeadStart != 0) {
        const bool is_stream = position_ - waited_at_ > 1;
        waited_at_ = position_;
        for (std::size_t i = 0; is_stream && i < kHeadStart; ++i) pause();
      }
      while (slot.tag.load(std::memory_order_acquire) != position_) pause();
    }

    const Slot* lines_;
    Position* reader_;
    std::uint64_t mask_;
    std::uint64_t position_ = 0;
    std::uint64_t waited_at_ = 0;
  };

  Sender sender() const noexcept { return Sender(lines_.get(), reader_.get(), mask_); }
  Receiver receiver() const noexcept { return Receiver(lines_.get(), reader_.get(), mask_); }

 private:
  // Waits until the reader has come to `wanted`; returns how far it is, plus the one that makes a limit of it. Takes
  // values, so that the sender's members can stay in registers.
  [[gnu::noinline]] static std::uint64_t wait_for_room(const Position& reader, std::uint64_t wanted) noexcept {
    std::uint64_t position = reader.load(std::memory_order_acquire);
    while (position < wanted) {
      pause();
      position = reader.load(std::memory_order_acquire);
    }
    return position + 1;
  }

  Shared<Slot> lines_;
  Shared<Position> reader_;
  std::uint64_t mask_;
};

}  // namespace ringmain::bench
