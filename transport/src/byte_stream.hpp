// Something that bytes flow through: a pipe, a stream socket, by plain system calls or through io_uring.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <optional>
#include <span>

#include "clock.hpp"

namespace ringmain::transport {

class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  // At least one byte; 0: the end. Nothing: none came until the deadline. Throws kProducerLost when the connection broke.
  virtual std::optional<std::size_t> read(std::span<std::byte> into, const Deadline& deadline) = 0;

  // Writes some of what the parts list, at least one byte, and says how many. Nothing: none until the deadline. Throws
  // kConsumerLost when the other end is gone, kNoSpace when a disk is full.
  virtual std::optional<std::size_t> write(std::span<const iovec> parts, const Deadline& deadline) = 0;

  // Nothing more will be written: of a socket, that direction is shut down.
  virtual void finish_writing() noexcept = 0;

  // Readable when there may be something to read, after arm().
  virtual int descriptor() const noexcept = 0;
  virtual bool arm() { return true; }
};

// Drops the first `bytes` of what `parts` list.
inline void drop(std::span<iovec>& parts, std::size_t bytes) noexcept {
  while (!parts.empty() && bytes >= parts.front().iov_len) {
    bytes -= parts.front().iov_len;
    parts = parts.subspan(1);
  }
  if (bytes > 0) {
    parts.front().iov_base = static_cast<std::byte*>(parts.front().iov_base) + bytes;
    parts.front().iov_len -= bytes;
  }
}

// The kernel's type isn't const-correct: it only reads what is written from.
inline iovec part(std::span<const std::byte> bytes) noexcept {
  return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

// False: not all of it, until the timeout.
inline bool write_whole(ByteStream& stream, std::span<const std::byte> bytes, std::chrono::nanoseconds timeout) {
  for (const Deadline deadline(timeout); !bytes.empty();) {
    const iovec whole = part(bytes);
    const auto written = stream.write({&whole, 1}, deadline);
    if (!written) return false;
    bytes = bytes.subspan(*written);
  }
  return true;
}

}  // namespace ringmain::transport
