// SPDX-License-Identifier: MIT
#include "frame_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "fail.hpp"

namespace ringmain::transport {
namespace {

constexpr std::size_t kReadAtOnce = std::size_t{256} << 10;
constexpr std::size_t kLarge = std::size_t{32} << 10;  // from here on a message is worth a read of its own
constexpr std::size_t kAhead = std::size_t{4} << 10;   // is read behind such a message: another may follow

const char* word_for(Framing framing) {
  switch (framing) {
    case Framing::kLines: return "line";
    case Framing::kFrames: return "frame";
    default: return "message";
  }
}

}  // namespace

FrameReader::FrameReader(Framing framing, std::string name, std::size_t largest)
    : framing_(framing), name_(std::move(name)), largest_(largest),
      buffer_(framing == Framing::kRaw ? largest : kReadAtOnce) {}

void FrameReader::reset(Sink* sink) noexcept {
  if (filling_ != nullptr && filling_ == sink) sink->abort();
  filling_ = nullptr;
  begin_ = end_ = taken_ = searched_ = 0;
  ended_ = false;
}

std::string FrameReader::cut_off() const {
  if (filling_ != nullptr) return fmt::format("it ends after {} of {} bytes", filled_, claimed_.size());
  const auto frame = find();
  const std::size_t wanted = frame ? frame->total : (framing_ == Framing::kFrames ? 4 : kWordBytes);
  return fmt::format("the last {} is truncated: it ends after {} of {} bytes", word_for(framing_), unread().size(),
                     wanted);
}

bool FrameReader::at_hand() const noexcept {
  const auto rest = unread().subspan(taken_);
  const auto frame = filling_ != nullptr ? std::nullopt : find_frame(framing_, rest, 0, false);
  return frame && !frame->control && frame->total <= rest.size();
}

std::size_t FrameReader::incomplete() const noexcept {
  return filling_ != nullptr ? filled_ : unread().size() - taken_;
}

std::optional<Frame> FrameReader::find() const { return find_frame(framing_, unread(), searched_, ended_); }

void FrameReader::check_length(std::size_t bytes, std::size_t largest) const {
  if (bytes <= largest) return;
  fail(Status::kTooLarge,
       fmt::format("{}: {} {} has {}{} bytes: the largest that can be taken has {}", name_, word_for(framing_),
                   messages_ + 1, bytes, framing_ == Framing::kLines ? " or more" : "", largest));
}

FrameReader::What FrameReader::take(const Frame& frame) noexcept {
  searched_ = 0;
  taken_ = frame.total;
  bytes_ = unread().subspan(frame.begin, frame.bytes);
  type_ = frame.type;
  if (frame.control) return What::kControl;
  ++messages_;
  return What::kMessage;
}

// At least half of the buffer is free afterwards, or what is wanted fits. It grows as bytes come, not as a length says
// that they will.
void FrameReader::make_space(std::size_t wanted) {
  if (begin_ == end_) begin_ = end_ = 0;
  if (begin_ > 0 && buffer_.size() - begin_ < std::max(wanted, buffer_.size() / 2)) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  if (end_ == buffer_.size()) buffer_.resize(2 * end_);
}

// kMessage: something came.
FrameReader::What FrameReader::read_more(ByteStream& stream, std::optional<Deadline>& deadline, std::size_t wanted) {
  make_space(wanted);
  const auto room = std::span(buffer_).subspan(end_);
  const auto got =
      stream.read(room.first(large_ ? std::min(room.size(), std::max(wanted, kAhead)) : room.size()), *deadline);
  if (!got) return What::kTimedOut;
  ended_ = *got == 0;
  end_ += *got;
  return What::kMessage;
}

FrameReader::What FrameReader::next(ByteStream& stream, std::chrono::nanoseconds timeout) {
  begin_ += std::exchange(taken_, 0);
  large_ = false;
  return await(stream, timeout, largest_, nullptr);
}

// The next message, here as a whole; or, where it may be so, the beginning of a `large` one.
FrameReader::What FrameReader::await(ByteStream& stream, std::chrono::nanoseconds timeout, std::size_t largest,
                                     std::optional<Frame>* large) {
  std::optional<Deadline> deadline;
  for (;;) {
    const auto frame = find();
    if (frame && !frame->control) check_length(frame->bytes, largest);
    if (frame && frame->total <= unread().size()) return take(*frame);
    if (ended_) return unread().empty() ? What::kEnd : What::kCutOff;
    if (!frame) check_length(unread().size(), std::max(largest, kWordBytes));
    if (large != nullptr && frame && !frame->control && frame->bytes >= kLarge) {
      *large = frame;
      return What::kMessage;
    }
    searched_ = unread().size();
    if (!deadline) deadline.emplace(timeout);
    if (const What what = read_more(stream, deadline, frame ? frame->total : searched_ + 1); what != What::kMessage) {
      return what;
    }
  }
}

FrameReader::What FrameReader::next_into(ByteStream& stream, Sink& sink, std::chrono::nanoseconds timeout) {
  if (filling_ != nullptr) return fill(stream, sink, timeout);
  begin_ += std::exchange(taken_, 0);
  if (framing_ == Framing::kRaw) return chunk_into(stream, sink, timeout);
  std::optional<Frame> large;
  const What what = await(stream, timeout, std::min(largest_, sink.max_message()), sink.in_place() ? &large : nullptr);
  if (large) return claim_for(*large, sink, timeout) ? fill(stream, sink, timeout) : What::kNoRoom;
  if (what == What::kMessage) large_ = bytes_.size() >= kLarge;
  if (what != What::kMessage || sink.send(bytes_, type_, timeout) == Status::kOk) return what;
  taken_ = 0;  // it is found again
  --messages_;
  return What::kNoRoom;
}

FrameReader::What FrameReader::chunk_into(ByteStream& stream, Sink& sink, std::chrono::nanoseconds timeout) {
  const std::size_t chunk = std::min(largest_, sink.max_message());
  std::byte* room = sink.claim(chunk, timeout);
  if (room == nullptr) return What::kNoRoom;
  std::optional<std::size_t> got;
  try {
    got = stream.read({room, chunk}, Deadline(timeout));
  } catch (...) {
    sink.abort();
    throw;
  }
  if (!got || *got == 0) {
    sink.abort();
    return got ? What::kEnd : What::kTimedOut;
  }
  sink.commit(*got, 0);
  bytes_ = {room, *got};
  return What::kMessage;
}

bool FrameReader::claim_for(const Frame& frame, Sink& sink, std::chrono::nanoseconds timeout) {
  std::byte* room = sink.claim(frame.bytes, timeout);
  if (room == nullptr) return false;
  claimed_ = {room, frame.bytes};
  const std::span<const std::byte> here = unread().subspan(frame.begin);
  if (!here.empty()) std::memcpy(room, here.data(), here.size());
  filled_ = here.size();
  type_ = frame.type;
  begin_ = end_ = searched_ = 0;
  filling_ = &sink;
  large_ = true;
  return true;
}

FrameReader::What FrameReader::fill(ByteStream& stream, Sink& sink, std::chrono::nanoseconds timeout) {
  if (&sink != filling_) fail(Status::kBadOption, name_ + ": the beginning of this message is in another sink");
  const Deadline deadline(timeout);
  while (filled_ < claimed_.size()) {
    const auto got = stream.read(claimed_.subspan(filled_), deadline);
    if (!got) return What::kTimedOut;
    if (*got == 0) return What::kCutOff;
    filled_ += *got;
  }
  filling_ = nullptr;
  sink.commit(claimed_.size(), type_);
  bytes_ = claimed_;
  ++messages_;
  return What::kMessage;
}

}  // namespace ringmain::transport
