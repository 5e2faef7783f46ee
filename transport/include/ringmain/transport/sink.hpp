// Where messages go to: a ring, a pipe, a socket, a journal, ...
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ringmain/error.hpp"
#include "ringmain/segment.hpp"

namespace ringmain::transport {

// One end of a carrier. Used by one thread at a time.
//
// A sink may gather: what it has taken is sure to be on its way only after flush(). Destroyed without close(), it leaves
// the other end to conclude that the sender died (kProducerLost), where the carrier can tell.
//
// The calls that move messages return kOk, or kNoRoom: the other end is too slow, and nothing has been taken until the
// timeout. They throw Error, which names the address, for the rest: kTooLarge, kConsumerLost (the other end is gone),
// kNoSpace, kRemoved, kSystem, ...
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  // Room for a message of up to `bytes`, contiguous, writable until commit or abort. Null: no room until the timeout. One
  // claim is open at a time, and nothing else is sent meanwhile; flush() may be called.
  virtual std::byte* claim(std::size_t bytes, std::chrono::nanoseconds timeout = kForever) = 0;
  virtual void commit(std::size_t used, std::uint16_t type = 0) = 0;
  virtual void abort() noexcept = 0;

  // Takes a message that lies elsewhere: copies it, or writes it from where it is.
  virtual Status send(std::span<const std::byte> bytes, std::uint16_t type = 0,
                      std::chrono::nanoseconds timeout = kForever);

  // Sends what was gathered.
  virtual Status flush(std::chrono::nanoseconds /*timeout*/ = kForever) { return Status::kOk; }

  // Ends the stream in an orderly manner: flushes, and the other end learns that this was all. Nothing may be sent after
  // it; kNoRoom: not done yet, to be called again. Idempotent.
  virtual Status close(std::chrono::nanoseconds timeout = kForever) = 0;

  virtual std::size_t max_message() const noexcept = 0;  // bytes

  // What is claimed is the carrier's own memory: a message that is long in coming had best be written there as it comes.
  virtual bool in_place() const noexcept { return false; }
};

}  // namespace ringmain::transport
