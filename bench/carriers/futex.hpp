// The physical limit of sleeping: one line with a tag, a payload and the kernel's futex. Both ends sleep at once, so it
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

template <std::size_t kPayload>
class Futex {
 public:
  static constexpr std::size_t kBytes = kPayload;

 private:
  struct alignas(128) Line {
    std::atomic<std::uint32_t> tag{0};
    alignas(8) std::byte payload[kBytes]{};
  };

 public:
  class Sender {
   public:
    explicit Sender(Line* line) noexcept : line_(line) {}

    template <class Write>
    void send(Write write) noexcept {
      write(line_->payload);
      // release: pairs with the receiver's acquire. Without it the tag might arrive before the payload.
      line_->tag.store(++position_, std::memory_order_release);
      ::syscall(SYS_futex, &line_->tag, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }

   private:
    Line* line_;
    std::uint32_t position_ = 0;
  };

  class Receiver {
   public:
    explicit Receiver(Line* line) noexcept : line_(line) {}

    template <class Read>
    void receive(Read read) noexcept {
      const std::uint32_t seen = position_++;
      while (line_->tag.load(std::memory_order_acquire) != position_) {
        ::syscall(SYS_futex, &line_->tag, FUTEX_WAIT, seen, nullptr, nullptr, 0);
      }
      read(static_cast<const std::byte*>(line_->payload));
    }

   private:
    Line* line_;
    std::uint32_t position_ = 0;
  };

  Sender sender() const noexcept { return Sender(line_.get()); }
  Receiver receiver() const noexcept { return Receiver(line_.get()); }

 private:
  Shared<Line> line_;
};

}  // namespace ringmain::bench
