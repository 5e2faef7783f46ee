// Where each message of a stream will lie, so that a reader of some of them can tell which one it got.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "support/self_checking.hpp"

namespace ringmain::testing {

// The first `count` messages of a stream, from a ring's birth on.
class Plan {
 public:
  Plan(const Stream& stream, std::uint64_t count) : stream_(stream) {
    positions_.reserve(count + 1);
    std::uint64_t position = 0;
    for (std::uint64_t number = 0; number <= count; ++number) {
      positions_.push_back(position);
      position += algorithm::extent_of(stream.length_of(number));
      if (number < count) bytes_ += stream.length_of(number);
    }
  }

  const Stream& stream() const { return stream_; }
  std::uint64_t messages() const { return positions_.size() - 1; }
  std::uint64_t bytes() const { return bytes_; }
  std::uint64_t tail() const { return positions_.back(); }

  // Which message this is; nothing if it is none, wholly and at its place.
  template <class Message>
  std::optional<std::uint64_t> number_of(const Message& message) const {
    const auto at = std::lower_bound(positions_.begin(), positions_.end() - 1, message.position());
    if (at == positions_.end() - 1 || *at != message.position()) return std::nullopt;
    const auto number = static_cast<std::uint64_t>(at - positions_.begin());
    if (!stream_.is(number, message)) return std::nullopt;
    return number;
  }

 private:
  Stream stream_;
  std::vector<std::uint64_t> positions_;
  std::uint64_t bytes_ = 0;
};

}  // namespace ringmain::testing
