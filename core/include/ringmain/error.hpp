// Outcomes and errors: one list of numbers for C++, C, the command line and Python.
//
// The hot path (claim, publish, receive) is noexcept and returns a Status. The cold path (create, open, attach,
// remove, ...) throws ringmain::Error, which carries a Status and a message that says what is wrong and what to do.
// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace ringmain {

// The numbers are part of the ABI; the command line exits with the number of the error that ended it.
enum class Status : int {
  kOk = 0,
  // Outcomes of an ordinary day.
  kEmpty = 1,     // nothing to receive at this moment
  kTimedOut = 2,  // the deadline passed first
  kEnd = 3,       // the producer closed the ring and everything was received
  kNoRoom = 4,    // the slowest group is a whole ring behind: back pressure
  // The handle has come to an end, or to a pause (kProducerLost: a new producer may take over).
  kProducerLost = 10,  // the producer died without closing
  kEvicted = 11,       // lagged longer than the ring allows; attach again
  kRemoved = 12,       // the ring was removed
  kLeaseLost = 13,     // this handle's lease is gone (a stray closefrom(), or a forked child uses it)
  kConsumerLost = 14,  // of a carrier that isn't a ring: the receiving end is gone
  // What was asked for can't be done.
  kTooLarge = 20,        // a message above capacity / 2 - 16, or a buffer too small for the message
  kNotFound = 21,        // no ring of this name
  kExists = 22,          // a ring of this name exists
  kBadName = 23,         // not a name of a ring or group
  kBadOption = 24,       // an option, or a combination of options, that makes no sense
  kNoPermission = 25,    // the file system says no
  kNoSpace = 26,         // the memory or disk can't hold the ring
  kProducerExists = 27,  // another producer is alive
  kInUse = 28,           // participants are alive
  kTooMany = 29,         // every consumer or group line is taken
  kSquatted = 30,        // a foreign lock sits on the byte of a lease
  kNoLocks = 31,         // this file system doesn't keep locks between processes
  kBadAddress = 32,      // no address of a carrier, or an option that it doesn't have
  kAddressInUse = 33,    // another process listens there, or has this end
  kUnsupported = 34,     // this kernel or build doesn't have what is needed
  // What was found isn't what it should be.
  kNotARing = 40,        // no magic: foreign or garbage
  kTruncated = 41,       // a file is shorter than its header says
  kLayoutMismatch = 42,  // made by another layout version or build
  kTypeMismatch = 43,    // a typed ring of another type, or untyped
  kUnclean = 44,         // a ring on disk that an earlier boot left without closing
  kCorrupt = 45,         // the segment, or the journal, holds what no producer wrote
  kBadFrame = 46,        // a stream that is no stream of messages, or breaks off within one
  kSystem = 50,          // the operating system failed us; see Error::system_error()
};

// "end of stream", "the producer died without closing", ... Static text, never null.
const char* describe(Status status) noexcept;

class Error : public std::runtime_error {
 public:
  Error(Status status, const std::string& message, int system_error = 0)
      : std::runtime_error(message), status_(status), system_error_(system_error) {}

  Status status() const noexcept { return status_; }
  int system_error() const noexcept { return system_error_; }  // errno, or 0

 private:
  Status status_;
  int system_error_;
};

}  // namespace ringmain
