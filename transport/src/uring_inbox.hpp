// What arrives by itself: one receive that is armed once and completes many times, into buffers that it takes from a
// pool. It ends when the pool is empty, which says that bytes come faster than they are fetched.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "uring.hpp"

namespace ringmain::transport {

class UringInbox {
 public:
  static constexpr unsigned kBuffers = 8;  // a power of two
  static constexpr std::size_t kBufferBytes = std::size_t{4} << 10;

  UringInbox(Uring& uring, int socket, std::uint64_t tag);  // the receive's completions carry the tag
  ~UringInbox();

  bool armed() const noexcept { return armed_; }
  void arm();  // prepared, not submitted

  // False: the receive has ended for want of buffers.
  bool note(const Completion& completion) noexcept;

  bool empty() const noexcept { return count_ == 0; }
  std::size_t take(std::span<std::byte> into) noexcept;  // a copy of what has arrived

  // Told by the receive when it ended, for good: 0, the end; else what went wrong.
  std::optional<int> ended() const noexcept { return ended_; }

 private:
  struct Arrived {
    std::uint16_t buffer;
    std::size_t bytes;
  };
  struct Pool;

  void open();
  std::span<std::byte> buffer(std::uint16_t number) noexcept;
  void provide(std::uint16_t number) noexcept;

  Uring& uring_;
  int socket_;
  std::uint64_t tag_;
  std::unique_ptr<Pool> pool_;
  std::array<Arrived, kBuffers> arrived_{};
  std::size_t first_ = 0;  // of what arrived
  std::size_t count_ = 0;
  std::size_t begin_ = 0;  // of the first: taken
  bool armed_ = false;
  std::optional<int> ended_{};
};

}  // namespace ringmain::transport
