// From messages to a stream of bytes: gathers small ones, writes large ones from where they lie.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "byte_stream.hpp"
#include "framing.hpp"
#include "ringmain/error.hpp"

namespace ringmain::transport {

// Its calls return kOk, or kNoRoom: nothing was taken until the timeout.
class FrameWriter {
 public:
  FrameWriter(Framing framing, std::string name);

  std::byte* claim(ByteStream& stream, std::size_t bytes, std::chrono::nanoseconds timeout);  // null: no room
  void commit(std::size_t used, std::uint16_t type);
  void abort() noexcept { claimed_ = false; }

  Status send(ByteStream& stream, std::span<const std::byte> bytes, std::uint16_t type,
              std::chrono::nanoseconds timeout);
  Status flush(ByteStream& stream, std::chrono::nanoseconds timeout);

  std::uint64_t taken() const noexcept { return taken_; }  // messages

  // For a stream that broke, and is followed by another one.
  std::uint64_t written() const noexcept { return written_; }  // messages, whole
  void start_over() noexcept;                                  // what was written in part will be written whole

  std::size_t max_message() const noexcept { return largest_payload(framing_); }

 private:
  std::span<const std::byte> gathered() const noexcept { return std::span(buffer_).subspan(begin_, end_ - begin_); }
  void add(std::span<const std::byte> bytes);
  void make_space(std::size_t bytes);
  void note_written(std::size_t bytes) noexcept;
  bool write_gathered(ByteStream& stream, const Deadline& deadline);
  Status write_from_place(ByteStream& stream, std::span<const std::byte> bytes, const Envelope& around,
                          const Deadline& deadline);
  void check_length(std::size_t bytes) const;

  Framing framing_;
  std::string name_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // of what wasn't written yet
  std::size_t end_ = 0;
  std::deque<std::size_t> pieces_{};  // bytes of each frame between, the first one perhaps written in part
  std::size_t front_begin_ = 0;       // of the first piece
  std::uint64_t taken_ = 0;
  std::uint64_t written_ = 0;
  bool claimed_ = false;  // behind end_
  bool broken_ = false;   // within a message whose rest isn't here
};

}  // namespace ringmain::transport
