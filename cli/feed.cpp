// SPDX-License-Identifier: MIT
#include "feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "interruption.hpp"
#include "quantity.hpp"

namespace ringmain::cli {
namespace {

constexpr std::size_t kDefaultChunk = std::size_t{64} << 10;

Failure too_large(const Outlet& outlet, const std::string& what, std::size_t bytes) {
  return {Status::kTooLarge,
          fmt::format("{}: the largest message of this ring is {} bytes; remove it (ringmain rm) and create it with "
                      "--capacity {} or more",
                      what, outlet.max_message(), size_option(capacity_for(bytes)))};
}

std::size_t feed_raw(const Input& input, Outlet& outlet, std::size_t chunk) {
  if (chunk > outlet.max_message()) throw too_large(outlet, fmt::format("--chunk {}", chunk), chunk);
  if (chunk == 0) chunk = std::min(kDefaultChunk, outlet.max_message());
  while (Claim room = outlet.claim(outlet.allowed(chunk))) {
    const std::size_t got = input.read_some(room.bytes());
    if (got == 0) break;
    outlet.commit(room, got);
  }
  return 0;
}

// Lines are found in a buffer, which holds what was read and not yet published.
class LineFeed {
 public:
  LineFeed(const Input& input, Outlet& outlet, bool json)
      : input_(input), outlet_(outlet), json_(json), buffer_(std::size_t{256} << 10) {}

  std::size_t run() {
    while (const std::size_t got = input_.read_some(std::span(buffer_).subspan(end_))) {
      const std::size_t fresh = end_;
      end_ += got;
      if (!publish_lines(fresh)) return end_ - begin_;
      make_space();
    }
    if (interrupted()) return end_ - begin_;  // the start of a line is not a line
    return begin_ == end_ || publish(end_) ? 0 : end_ - begin_;
  }

 private:
  // Publishes all lines whose newline is at or behind `fresh`. False: it is over.
  bool publish_lines(std::size_t fresh) {
    while (const void* found = std::memchr(buffer_.data() + fresh, '\n', end_ - fresh)) {
      const auto newline = static_cast<std::size_t>(static_cast<const std::byte*>(found) - buffer_.data());
      if (!publish(newline)) return false;
      begin_ = fresh = newline + 1;
      if (outlet_.over()) return false;
    }
    return true;
  }

  bool publish(std::size_t to) {
    const std::span line = std::span(buffer_).subspan(begin_, to - begin_);
    ++lines_;
    if (line.size() > outlet_.max_message()) throw_too_long(lines_, line.size());
    if (json_ && !check_json(line)) return true;
    Claim room = outlet_.claim(line.size());
    if (!room) return false;
    if (!line.empty()) std::memcpy(room.bytes().data(), line.data(), line.size());
    outlet_.commit(room, line.size());
    return true;
  }

  // False: it is blank, which JSON Lines allows, and no message.
  bool check_json(std::span<const std::byte> line) const {
    const std::string_view text(reinterpret_cast<const char*>(line.data()), line.size());
    if (text.find_first_not_of(" \t\r") == std::string_view::npos) return false;
    if (nlohmann::json::accept(text)) return true;
    throw Failure(Status::kBadFrame, fmt::format("line {} is not JSON; the lines before it are published", lines_));
  }

  // At least half of the buffer is free afterwards.
  void make_space() {
    const std::size_t kept = end_ - begin_;
    if (kept > outlet_.max_message()) throw_too_long(lines_ + 1, kept);
    if (begin_ == end_ || end_ > buffer_.size() / 2) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, kept);
      begin_ = 0;
      end_ = kept;
    }
    if (kept > buffer_.size() / 2) buffer_.resize(buffer_.size() * 2);
  }

  [[noreturn]] void throw_too_long(std::uint64_t line, std::size_t bytes) const {
    throw too_large(outlet_, fmt::format("line {} is too long", line), bytes);
  }

  const Input& input_;
  Outlet& outlet_;
  bool json_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;    // of the first line not published
  std::size_t end_ = 0;      // of what was read
  std::uint64_t lines_ = 0;  // looked at
};

Failure truncated(std::size_t got, std::size_t wanted, std::uint64_t frames) {
  return {kIoFailure, fmt::format("standard input: the last frame is truncated: it ends after {} of {} bytes; the {} "
                                  "complete frames before it are published",
                                  got, wanted, frames)};
}

std::size_t feed_frames(const Input& source, Outlet& outlet) {
  BufferedInput input(source);
  for (std::uint64_t frames = 0; !outlet.over(); ++frames) {
    std::array<std::byte, 4> prefix{};
    const std::size_t start = input.read(prefix);
    if (start == 0) return 0;
    if (start < prefix.size()) {
      if (interrupted()) return start;
      throw truncated(start, prefix.size(), frames);
    }
    std::size_t length = 0;
    for (std::size_t i = 0; i < prefix.size(); ++i) length |= std::to_integer<std::size_t>(prefix[i]) << (8 * i);
    if (length > outlet.max_message()) {
      throw too_large(outlet, fmt::format("frame {} has {} bytes", frames + 1, length), length);
    }
    Claim room = outlet.claim(length);
    if (!room) return start;
    const std::size_t got = input.read(room.bytes());
    if (got < length) {
      if (interrupted()) return start + got;
      throw truncated(start + got, start + length, frames);
    }
    outlet.commit(room, length);
  }
  return 0;
}

}  // namespace

std::size_t feed(const Input& input, Outlet& outlet, const Feed& options) {
  switch (options.framing) {
    case Framing::kRaw: return feed_raw(input, outlet, options.chunk);
    case Framing::kLines: return LineFeed(input, outlet, /*json=*/false).run();
    case Framing::kJsonLines: return LineFeed(input, outlet, /*json=*/true).run();
    case Framing::kFrames: return feed_frames(input, outlet);
  }
  return 0;
}

}  // namespace ringmain::cli
