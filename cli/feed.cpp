// SPDX-License-Identifier: MIT
#include "feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

#include "failure.hpp"
#include "input.hpp"
#include "interruption.hpp"
#include "quantity.hpp"

namespace ringmain::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{100};  // the longest time until an interruption is noticed
constexpr std::size_t kDefaultChunk = std::size_t{64} << 10;

// Waits for room. Falsy only when interrupted.
Claim claim(Producer& producer, std::size_t bytes) {
  for (;;) {
    Claim claimed = producer.claim_for(bytes, kPatience);
    if (claimed || interrupted()) return claimed;
    if (claimed.status() != Status::kTimedOut) throw Failure(claimed.status(), describe(claimed.status()));
  }
}

Failure too_large(const Producer& producer, const std::string& what, std::size_t bytes) {
  return {Status::kTooLarge,
          fmt::format("{}: the largest message of this ring is {} bytes; remove it (ringmain rm) and create it with "
                      "--capacity {} or more",
                      what, producer.max_message(), size_option(capacity_for(bytes)))};
}

std::size_t feed_raw(Producer& producer, std::size_t chunk) {
  if (chunk > producer.max_message()) throw too_large(producer, fmt::format("--chunk {}", chunk), chunk);
  if (chunk == 0) chunk = std::min(kDefaultChunk, producer.max_message());
  while (Claim room = claim(producer, chunk)) {
    const std::size_t got = read_some(room.bytes());
    if (got == 0) break;
    room.commit(got, 0);
  }
  return 0;
}

// Lines are found in a buffer, which holds what was read and not yet published.
class LineFeed {
 public:
  explicit LineFeed(Producer& producer) : producer_(producer), buffer_(std::size_t{256} << 10) {}

  std::size_t run() {
    while (const std::size_t got = read_some(std::span(buffer_).subspan(end_))) {
      const std::size_t fresh = end_;
      end_ += got;
      if (!publish_lines(fresh)) return end_ - begin_;
      make_space();
    }
    if (interrupted()) return end_ - begin_;  // the start of a line is not a line
    return begin_ == end_ || publish(end_) ? 0 : end_ - begin_;
  }

 private:
  // Publishes all lines whose newline is at or behind `fresh`. False: interrupted.
  bool publish_lines(std::size_t fresh) {
    while (const void* found = std::memchr(buffer_.data() + fresh, '\n', end_ - fresh)) {
      const auto newline = static_cast<std::size_t>(static_cast<const std::byte*>(found) - buffer_.data());
      if (!publish(newline)) return false;
      begin_ = fresh = newline + 1;
    }
    return true;
  }

  bool publish(std::size_t to) {
    const std::span line = std::span(buffer_).subspan(begin_, to - begin_);
    if (line.size() > producer_.max_message()) throw_too_long(line.size());
    Claim room = claim(producer_, line.size());
    if (!room) return false;
    if (!line.empty()) std::memcpy(room.bytes().data(), line.data(), line.size());
    room.commit();
    ++lines_;
    return true;
  }

  // At least half of the buffer is free afterwards.
  void make_space() {
    const std::size_t kept = end_ - begin_;
    if (kept > producer_.max_message()) throw_too_long(kept);
    if (begin_ == end_ || end_ > buffer_.size() / 2) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
      begin_ = 0;
      end_ = kept;
    }
    if (kept > buffer_.size() / 2) buffer_.resize(buffer_.size() * 2);
  }

  [[noreturn]] void throw_too_long(std::size_t bytes) const {
    throw too_large(producer_, fmt::format("line {} is too long", lines_ + 1), bytes);
  }

  Producer& producer_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // of the first line not published
  std::size_t end_ = 0;    // of what was read
  std::uint64_t lines_ = 0;
};

Failure truncated(std::size_t got, std::size_t wanted, std::uint64_t frames) {
  return {kIoFailure, fmt::format("standard input: the last frame is truncated: it ends after {} of {} bytes; the {} "
                                  "complete frames before it are published",
                                  got, wanted, frames)};
}

std::size_t feed_frames(Producer& producer) {
  BufferedInput input;
  for (std::uint64_t frames = 0;; ++frames) {
    std::array<std::byte, 4> prefix{};
    const std::size_t start = input.read(prefix);
    if (start == 0) return 0;
    if (start < prefix.size()) {
      if (interrupted()) return start;
      throw truncated(start, prefix.size(), frames);
    }
    std::size_t length = 0;
    for (std::size_t i = 0; i < prefix.size(); ++i) length |= std::to_integer<std::size_t>(prefix[i]) << (8 * i);
    if (length > producer.max_message()) {
      throw too_large(producer, fmt::format("frame {} has {} bytes", frames + 1, length), length);
    }
    Claim room = claim(producer, length);
    const std::size_t got = room ? input.read(room.bytes()) : 0;
    if (got < length || !room) {
      if (interrupted()) return start + got;
      throw truncated(start + got, start + length, frames);
    }
    room.commit();
  }
}

}  // namespace

std::size_t feed(Producer& producer, const Feed& options) {
  switch (options.framing) {
    case Framing::kRaw: return feed_raw(producer, options.chunk);
    case Framing::kLines: return LineFeed(producer).run();
    case Framing::kFrames: return feed_frames(producer);
  }
  return 0;
}

}  // namespace ringmain::cli
