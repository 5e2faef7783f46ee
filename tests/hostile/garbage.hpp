// Words and messages for who scribbles over a ring, and for who notices.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "support/mix.hpp"

namespace ringmain::testing {

// A value that is meant to hurt: edges, what looks like a state, a group or a position near `hint`, anything.
inline std::uint64_t evil_word(std::uint64_t& lot, std::uint64_t hint) {
  const std::uint64_t draw = mix(lot);
  switch (draw % 8) {
    case 0: return 0;
    case 1: return ~std::uint64_t{0};
    case 2: return std::uint64_t{1} << (draw >> 8) % 64;
    case 3: return hint + (draw >> 8) % 4096 - 2048;
    case 4: return (hint + (draw >> 8) % 65536 - 32768) & ~std::uint64_t{63};
    case 5: return (draw >> 8) % 8 << 32 | (draw >> 16) % 5;   // {generation, state}, {generation, group}
    case 6: return (draw >> 8) % 8 << 32 | (draw >> 16) % 70;  // {generation, number}
    default: return mix(lot);
  }
}

// Stores as an attacker does: whole words, while others read them.
inline void scribble(std::byte* at, std::uint64_t word) {
  reinterpret_cast<std::atomic<std::uint64_t>*>(at)->store(word, std::memory_order_relaxed);
}

// A message that tells whether it is whole: words that all follow from the first.
class WholeMessage {
 public:
  explicit WholeMessage(std::size_t words) : words_(words) {}

  std::span<const std::byte> write(std::uint64_t seed) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = seed + i * 0x9e3779b97f4a7c15;
    return std::as_bytes(std::span(words_));
  }
  static bool is_whole(std::span<const std::byte> bytes) {
    std::vector<std::uint64_t> words(bytes.size() / 8);
    if (words.empty() || bytes.size() % 8 != 0) return false;
    std::memcpy(words.data(), bytes.data(), bytes.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] != words[0] + i * 0x9e3779b97f4a7c15) return false;
    }
    return true;
  }

 private:
  std::vector<std::uint64_t> words_;
};

}  // namespace ringmain::testing
