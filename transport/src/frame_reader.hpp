// From a stream of bytes to messages: reads as much as it can get at once, and lends the messages where they lie.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "byte_stream.hpp"
#include "framing.hpp"
#include "ringmain/transport/sink.hpp"

namespace ringmain::transport {

class FrameReader {
 public:
  enum class What {
    kMessage,
    kControl,   // of kWire: type() says which, bytes() are kControlBytes
    kTimedOut,  // kEmpty, if the timeout is 0
    kNoRoom,    // the sink's
    kEnd,
    kCutOff,  // the end, within a frame: cut_off() says where
  };

  // `largest`: message, in bytes; with kRaw how much is read at once. `name` goes before error messages.
  FrameReader(Framing framing, std::string name, std::size_t largest);

  void set_largest(std::size_t bytes) noexcept { largest_ = bytes; }

  // Throws kTooLarge, and what the stream throws.
  What next(ByteStream& stream, std::chrono::nanoseconds timeout);

  // The same, but a message goes into the sink: a large one is read to where the sink wants it.
  What next_into(ByteStream& stream, Sink& sink, std::chrono::nanoseconds timeout);

  // Of a message that went into a sink only the number of bytes counts.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  std::uint16_t type() const noexcept { return type_; }

  // Without reading: a message is here whole; how many bytes are here of one that isn't.
  bool at_hand() const noexcept;
  std::size_t incomplete() const noexcept;

  std::string cut_off() const;                // "it ends after 3 of 10 bytes"
  void reset(Sink* sink = nullptr) noexcept;  // another stream begins; what was claimed from the sink is given up

 private:
  std::span<const std::byte> unread() const noexcept { return std::span(buffer_).subspan(begin_, end_ - begin_); }
  std::optional<Frame> find() const;
  What take(const Frame& frame) noexcept;
  What read_more(ByteStream& stream, std::optional<Deadline>& deadline, std::size_t wanted);
  What chunk_into(ByteStream& stream, Sink& sink, std::chrono::nanoseconds timeout);
  What await(ByteStream& stream, std::chrono::nanoseconds timeout, std::size_t largest, std::optional<Frame>* large);
  bool claim_for(const Frame& frame, Sink& sink, std::chrono::nanoseconds timeout);
  What fill(ByteStream& stream, Sink& sink, std::chrono::nanoseconds timeout);
  void make_space(std::size_t wanted);
  void check_length(std::size_t bytes, std::size_t largest) const;

  Framing framing_;
  std::string name_;
  std::size_t largest_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;     // of what was read and not taken
  std::size_t end_ = 0;       // of what was read
  std::size_t taken_ = 0;     // of it, by the message that is lent
  std::size_t searched_ = 0;  // of it, for a frame, without success
  bool ended_ = false;
  std::span<const std::byte> bytes_{};
  std::uint16_t type_ = 0;
  std::uint64_t messages_ = 0;
  std::span<std::byte> claimed_{};  // in the sink, for a message that isn't here whole
  std::size_t filled_ = 0;          // of it
  Sink* filling_ = nullptr;
  bool large_ = false;  // the message before went straight into the sink
};

}  // namespace ringmain::transport
