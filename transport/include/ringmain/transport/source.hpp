// Where messages come from: a ring, a pipe, a socket, a journal, ...
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "ringmain/error.hpp"
#include "ringmain/segment.hpp"

namespace ringmain::transport {

class Sink;

// A message that a source lends.
struct Borrowed {
  std::span<const std::byte> bytes{};
  std::uint16_t type = 0;    // the sender's own; 0 where the carrier has no room for one
  std::uint64_t lost = 0;    // messages missed just before this one
  bool redelivered = false;  // a member of the group that died held it before
};

// One end of a carrier. Used by one thread at a time.
//
// The calls that move messages return a Status for what is ordinary: kOk, kEmpty (nothing there, and the timeout is 0),
// kTimedOut, kEnd. They throw Error, which names the address, for the rest: kProducerLost (the other end went without
// closing; everything that it had sent whole was received), kBadFrame, kCorrupt, kEvicted, kRemoved, kSystem, ...
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // Waits for the next message. kOk: message() has it, until release() or the next call. kEnd: the other end has closed
  // the stream and everything is received; so say all later calls, and message().lost tells what was missed at the end.
  virtual Status receive(std::chrono::nanoseconds timeout = kForever) = 0;
  const Borrowed& message() const noexcept { return message_; }

  // Gives the message back: it is dealt with. Without it the next call does so. A member of a ring's group that is killed
  // before leaves the message to the others.
  virtual void release() noexcept {}

  // Receives a message, and hands it to the sink: without a copy where the two can, else with one. Besides what receive
  // returns: kNoRoom, the sink had none until the timeout; the message is kept for the next call. After kOk message()
  // tells of it, but has no bytes, only their number. Throws what the sink throws, too. To be used instead of receive, not
  // in turns with it, and always with the same sink.
  virtual Status receive_into(Sink& sink, std::chrono::nanoseconds timeout = kForever);

  // What was taken off the carrier and would be lost if this were the end: a whole message can be received without
  // waiting; and how many bytes there are of one that isn't whole yet.
  virtual bool at_hand() const noexcept { return kept_; }
  virtual std::size_t incomplete() const noexcept { return 0; }

  // For epoll and other loops: receive with a timeout of 0 until kEmpty; then arm(); if that says true, wait until the
  // descriptor is readable. Nothing is to be read from it. It may be another one after each arm(). Throws kUnsupported: the
  // carrier has none.
  virtual int descriptor() = 0;
  virtual bool arm() { return true; }

 protected:
  Borrowed message_{};
  bool kept_ = false;  // by receive_into: received, and not taken by the sink yet
};

}  // namespace ringmain::transport
