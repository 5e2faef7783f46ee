// A stream of bytes that come in pieces, with pauses: what a socket or a pipe may do, and does on a bad day.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "byte_stream.hpp"
#include "fail.hpp"
#include "program.hpp"

namespace ringmain::testing {

using Bytes = std::vector<std::byte>;

inline void append(Bytes& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

class Pieces final : public transport::ByteStream {
 public:
  enum class End : std::uint8_t { kOrderly, kBroken };

  // How large each piece is: kPause, or so many bytes; the largest is all that fits.
  using Sizes = std::array<std::uint8_t, 8>;
  static constexpr std::uint8_t kPause = 0;
  static Sizes draw(Program& program) {
    Sizes sizes;
    for (auto& size : sizes) size = program.number<std::uint8_t>();
    if (std::all_of(sizes.begin(), sizes.end(), [](auto size) { return size == kPause; })) sizes.front() = 0xff;
    return sizes;
  }

  Pieces(Bytes bytes, Sizes sizes, End end = End::kOrderly) : bytes_(std::move(bytes)), sizes_(sizes), end_(end) {}

  std::optional<std::size_t> read(std::span<std::byte> into, const Deadline& /*deadline*/) override {
    require(!into.empty(), "a read of nothing");
    const std::uint8_t size = reads_ < kMostPieces ? sizes_[reads_ % sizes_.size()] : 0xff;
    ++reads_;
    if (size == kPause) return std::nullopt;
    const std::size_t rest = bytes_.size() - given_;
    if (rest == 0 && end_ == End::kBroken) fail(Status::kProducerLost, "it broke");
    const std::size_t piece = std::min({into.size(), rest, size == 0xff ? rest : std::size_t{size} * size});
    std::copy_n(bytes_.data() + given_, piece, into.data());
    given_ += piece;
    return piece;
  }
  std::optional<std::size_t> write(std::span<const iovec> parts, const Deadline& /*deadline*/) override {
    std::size_t bytes = 0;
    for (const iovec& part : parts) bytes += part.iov_len;
    return bytes;
  }
  void finish_writing() noexcept override {}
  int descriptor() const noexcept override { return -1; }

 private:
  static constexpr std::size_t kMostPieces = 1000;  // then the rest comes at once

  Bytes bytes_;
  Sizes sizes_;
  End end_;
  std::size_t given_ = 0;
  std::size_t reads_ = 0;
};

// The payload of a message that was drawn: it says how long it is, so that whoever receives it can tell that it is whole.
inline Bytes telling_payload(std::size_t length) { return Bytes(length, static_cast<std::byte>(length * 7 + 1)); }
inline bool tells_its_length(std::span<const std::byte> payload) {
  const auto wanted = static_cast<std::byte>(payload.size() * 7 + 1);
  return std::all_of(payload.begin(), payload.end(), [&](std::byte byte) { return byte == wanted; });
}

}  // namespace ringmain::testing
