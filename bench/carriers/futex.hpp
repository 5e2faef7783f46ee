// The physical limit of sleeping: one line with a tag, the kernel's futex and a payload. Both ends sleep at once, so it
// is for round trips only.
// SPDX-License-Identifier: MIT
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "carriers/carrier.hpp"
#include "harness/shared_memory.hpp"

namespace ringmain::bench {

class Futex {
 public:
  explicit Futex(std::size_t bytes) : payload_(bytes) {}

 private:
  struct alignas(128) Line {
    std::atomic<std::uint32_t> tag{0};
  };

 public:
  class Sender {
   public:
    Sender(Line* line, std::byte* payload) noexcept : line_(line), payload_(payload) {}

    template <class Write>
    void send(std::size_t /*bytes*/, Write write) noexcept {
      write(payload_);
      // release: pairs with the receiver's acquire. Without it the tag might arrive before the payload.
      line_->tag.store(++position_, std::memory_order_release);
      ::syscall(SYS_futex, &line_->tag, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }

   private:
    Line* line_;
    std::byte* payload_;
    std::uint32_t position_ = 0;
  };

  class Receiver {
   public:
    Receiver(Line* line, const std::byte* payload) noexcept : line_(line), payload_(payload) {}

    template <class Read>
    void receive(std::size_t /*bytes*/, Read read) noexcept {
      const std::uint32_t seen = position_++;
      while (line_->tag.load(std::memory_order_acquire) != position_) {
        ::syscall(SYS_futex, &line_->tag, FUTEX_WAIT, seen, nullptr, nullptr, 0);
      }
      read(payload_);
    }

   private:
    Line* line_;
    const std::byte* payload_;
    std::uint32_t position_ = 0;
  };

  Sender sender() const noexcept { return Sender(line_.get(), payload_.data()); }
  Receiver receiver() const noexcept { return Receiver(line_.get(), payload_.data()); }

 private:
  Shared<Line> line_;
  SharedMemory payload_;
};

}  // namespace ringmain::bench
