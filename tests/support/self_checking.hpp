// Messages that check themselves: every byte follows from the message's number and position, so that a torn, lost,
// reordered or foreign message is recognised by whoever reads it.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "support/mix.hpp"

namespace ringmain::testing {

inline constexpr std::uint16_t kBatchType = 2;

// A stream of messages with random lengths from `shortest` to `longest`, short ones far more often.
class Stream {
 public:
  constexpr Stream(std::uint64_t seed, std::size_t shortest, std::size_t longest)
      : seed_(seed), shortest_(shortest), longest_(longest) {}

  std::size_t length_of(std::uint64_t number) const {
    std::uint64_t state = seed_ ^ (number * 0x9e3779b97f4a7c15);
    const std::size_t range = longest_ - shortest_ + 1;
    const unsigned bits = static_cast<unsigned>(mix(state) % (static_cast<unsigned>(std::bit_width(range)) + 1));
    return shortest_ + static_cast<std::size_t>(mix(state) & ((std::uint64_t{1} << bits) - 1)) % range;
  }
  // Of a message; those of a batch are all of kBatchType.
  static std::uint16_t type_of(std::uint64_t number) { return static_cast<std::uint16_t>(number * 40503 | 1); }

  // The first words of a message are its number and position, as far as it is long enough.
  void write(std::uint64_t number, std::uint64_t position, std::span<std::byte> bytes) const {
    for_each_word(number, position, bytes.size(), [&](std::size_t at, const void* word, std::size_t size) {
      std::memcpy(bytes.data() + at, word, size);
      return true;
    });
  }
  std::vector<std::byte> message(std::uint64_t number, std::uint64_t position) const {
    std::vector<std::byte> bytes(length_of(number));
    write(number, position, bytes);
    return bytes;
  }

  bool is(std::uint64_t number, std::uint64_t position, std::span<const std::byte> bytes) const {
    return bytes.size() == length_of(number) &&
           for_each_word(number, position, bytes.size(), [&](std::size_t at, const void* word, std::size_t size) {
             return std::memcmp(bytes.data() + at, word, size) == 0;
           });
  }
  template <class Message>
  bool is(std::uint64_t number, const Message& message) const {
    return (message.type() == type_of(number) || message.type() == kBatchType) &&
           is(number, message.position(), message.bytes());
  }

  // Which message this is; nothing if it is none (or shorter than 16 bytes).
  template <class Message>
  std::optional<std::uint64_t> number_of(const Message& message) const {
    std::uint64_t number = 0;
    if (message.bytes().size() < 2 * sizeof number) return std::nullopt;
    std::memcpy(&number, message.bytes().data(), sizeof number);
    if (!is(number, message)) return std::nullopt;
    return number;
  }

 private:
  // Until visit(offset, word, size) is false; then so is the result.
  template <class Visit>
  bool for_each_word(std::uint64_t number, std::uint64_t position, std::size_t length, Visit&& visit) const {
    std::uint64_t state = seed_ + number * 31 + position;
    for (std::size_t at = 0; at < length; at += 8) {
      const std::uint64_t word = at == 0 ? number : at == 8 ? position : mix(state);
      if (!visit(at, &word, std::min<std::size_t>(8, length - at))) return false;
    }
    return true;
  }

  std::uint64_t seed_;
  std::size_t shortest_;
  std::size_t longest_;
};

}  // namespace ringmain::testing
