// The physical limit of large messages: blocks in plain shared memory that one process writes and the other one reads.
// Each block has a tag, in a line of its own; the reader's position is one line.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "carriers/carrier.hpp"
#include "harness/cpu.hpp"
#include "harness/shared_memory.hpp"

namespace ringmain::bench {

class Blocks {
 public:
  // For messages of `bytes`, or less.
  Blocks(std::size_t bytes, std::size_t buffer_bytes)
      : stride_((bytes + 63) / 64 * 64), blocks_(std::max<std::size_t>(2, buffer_bytes / stride_)), words_(blocks_ + 1),
        buffer_(blocks_ * stride_) {}

  class Sender {
   public:
    explicit Sender(const Blocks& blocks) noexcept : blocks_(&blocks) {}

    template <class Write>
    void send(std::size_t /*bytes*/, Write write) noexcept {
      const std::uint64_t oldest = position_ < blocks_->blocks_ ? 0 : position_ + 1 - blocks_->blocks_;
      while (blocks_->reader().load(std::memory_order_acquire) < oldest) pause();
      const std::size_t index = position_ % blocks_->blocks_;
      write(blocks_->payload(index));
      ++position_;
      // release: pairs with the receiver's acquire. Without it the tag might arrive before the payload.
      blocks_->tag(index).store(position_, std::memory_order_release);
    }

   private:
    const Blocks* blocks_;
    std::uint64_t position_ = 0;
  };

  class Receiver {
   public:
    explicit Receiver(const Blocks& blocks) noexcept : blocks_(&blocks) {}

    template <class Read>
    void receive(std::size_t /*bytes*/, Read read) noexcept {
      const std::size_t index = position_ % blocks_->blocks_;
      ++position_;
      while (blocks_->tag(index).load(std::memory_order_acquire) != position_) pause();
      read(static_cast<const std::byte*>(blocks_->payload(index)));
      // release: the payload was read before the writer may use its place again.
      blocks_->reader().store(position_, std::memory_order_release);
    }

   private:
    const Blocks* blocks_;
    std::uint64_t position_ = 0;
  };

  Sender sender() const noexcept { return Sender(*this); }
  Receiver receiver() const noexcept { return Receiver(*this); }

 private:
  struct alignas(128) Word {
    std::atomic<std::uint64_t> value{0};
  };

  std::atomic<std::uint64_t>& tag(std::size_t index) const noexcept { return words_[index + 1].value; }
  std::atomic<std::uint64_t>& reader() const noexcept { return words_[0].value; }
  std::byte* payload(std::size_t index) const noexcept { return buffer_.data() + index * stride_; }

  std::size_t stride_;
  std::size_t blocks_;
  Shared<Word> words_;
  SharedMemory buffer_;
};

}  // namespace ringmain::bench
