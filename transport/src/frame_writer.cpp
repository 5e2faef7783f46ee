// SPDX-License-Identifier: MIT
#include "frame_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <utility>

#include "fail.hpp"

namespace ringmain::transport {
namespace {

constexpr std::size_t kGather = std::size_t{64} << 10;
constexpr std::size_t kLarge = std::size_t{32} << 10;  // from here on a copy costs more than a write of its own

}  // namespace

FrameWriter::FrameWriter(Framing framing, std::string name)
    : framing_(framing), name_(std::move(name)), buffer_(2 * kGather) {}

void FrameWriter::check_length(std::size_t bytes) const {
  if (broken_) fail(Status::kBadFrame, name_ + ": the stream broke off within a message; nothing can follow");
  if (bytes <= max_message()) return;
  fail(Status::kTooLarge, fmt::format("{}: a message of {} bytes: a frame's length has {} bits", name_, bytes,
                                      framing_ == Framing::kFrames ? 32 : 48));
}

void FrameWriter::start_over() noexcept {
  begin_ = front_begin_;
  broken_ = false;
}

void FrameWriter::note_written(std::size_t bytes) noexcept {
  begin_ += bytes;
  while (!pieces_.empty() && begin_ - front_begin_ >= pieces_.front()) {
    front_begin_ += pieces_.front();
    pieces_.pop_front();
    ++written_;
  }
  if (begin_ == end_ && !claimed_) begin_ = end_ = front_begin_ = 0;
}

bool FrameWriter::write_gathered(ByteStream& stream, const Deadline& deadline) {
  while (begin_ != end_) {
    const iovec all = part(gathered());
    const auto written = stream.write({&all, 1}, deadline);
    if (!written) return false;
    note_written(*written);
  }
  return true;
}

Status FrameWriter::flush(ByteStream& stream, std::chrono::nanoseconds timeout) {
  if (begin_ == end_) return Status::kOk;
  return write_gathered(stream, Deadline(timeout)) ? Status::kOk : Status::kNoRoom;
}

// Room for so many bytes behind end_. What was written is moved out; nothing is claimed at this time.
void FrameWriter::make_space(std::size_t bytes) {
  if (buffer_.size() - end_ >= bytes) return;
  std::memmove(buffer_.data(), buffer_.data() + front_begin_, end_ - front_begin_);
  begin_ -= front_begin_;
  end_ -= std::exchange(front_begin_, 0);
  if (buffer_.size() - end_ < bytes) buffer_.resize(end_ + bytes);
}

void FrameWriter::add(std::span<const std::byte> bytes) {
  if (!bytes.empty()) std::memcpy(buffer_.data() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

std::byte* FrameWriter::claim(ByteStream& stream, std::size_t bytes, std::chrono::nanoseconds timeout) {
  check_length(bytes);
  if (end_ - begin_ >= kGather && flush(stream, timeout) != Status::kOk) return nullptr;
  make_space(kWordBytes + bytes + 1);
  claimed_ = true;
  return buffer_.data() + end_ + envelope(framing_, 0, 0).before_bytes;
}

void FrameWriter::commit(std::size_t used, std::uint16_t type) {
  const Envelope around = envelope(framing_, used, type);
  const std::size_t begin = end_;
  add(around.prefix());
  end_ += used;
  add(around.suffix());
  pieces_.push_back(end_ - begin);
  ++taken_;
  claimed_ = false;
}

Status FrameWriter::send(ByteStream& stream, std::span<const std::byte> bytes, std::uint16_t type,
                         std::chrono::nanoseconds timeout) {
  check_length(bytes.size());
  if (bytes.size() >= kLarge) {
    return write_from_place(stream, bytes, envelope(framing_, bytes.size(), type), Deadline(timeout));
  }
  std::byte* room = claim(stream, bytes.size(), timeout);
  if (room == nullptr) return Status::kNoRoom;
  if (!bytes.empty()) std::memcpy(room, bytes.data(), bytes.size());
  commit(bytes.size(), type);
  return Status::kOk;
}

// Once something of the message is written it counts as taken: what is left of it when time is up is gathered.
Status FrameWriter::write_from_place(ByteStream& stream, std::span<const std::byte> bytes, const Envelope& around,
                                     const Deadline& deadline) {
  std::array parts{part(gathered()), part(around.prefix()), part(bytes), part(around.suffix())};
  std::span<iovec> rest(parts);
  const std::size_t before = gathered().size();
  const std::size_t whole = around.before_bytes + bytes.size() + around.behind_bytes;
  std::size_t written = 0;
  drop(rest, 0);
  while (!rest.empty()) {
    std::optional<std::size_t> now;
    try {
      now = stream.write(rest, deadline);
    } catch (...) {
      broken_ = written > before;
      throw;
    }
    if (!now) break;
    drop(rest, *now);
    written += *now;
    note_written(std::min(*now, end_ - begin_));
  }
  if (written <= before && !rest.empty()) return Status::kNoRoom;
  written -= before;
  ++taken_;
  if (written == whole) {
    ++written_;
    return Status::kOk;
  }
  make_space(whole);
  add(around.prefix());
  add(bytes);
  add(around.suffix());
  pieces_.push_back(whole);
  note_written(written);
  return Status::kOk;
}

}  // namespace ringmain::transport
