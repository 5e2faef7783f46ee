// The payload of every benchmark: the producer writes each word, the consumer reads each word, and the sum of all words
// of a round is known beforehand, so that a message that is missing, doubled or torn doesn't go unnoticed.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace ringmain::bench {

inline constexpr std::size_t kWord = sizeof(std::uint64_t);

// Two words at a time and four such pairs abreast, written out because compilers differ: with one running sum a large
// message would be limited by the latency of an addition and not by memory.
using WordPair [[gnu::vector_size(16)]] = std::uint64_t;
inline constexpr std::size_t kPair = sizeof(WordPair);

inline WordPair load_pair(const std::byte* from) noexcept {
  WordPair pair;
  std::memcpy(&pair, from, kPair);
  return pair;
}

inline void store_pair(std::byte* to, WordPair pair) noexcept { std::memcpy(to, &pair, kPair); }

template <std::size_t kBytes>
inline void write_words(std::byte* payload, std::uint64_t seed) noexcept {
  static_assert(kBytes % kPair == 0);
  const WordPair first{seed, seed + 1};
  std::size_t at = 0;
  for (; at + 4 * kPair <= kBytes; at += 4 * kPair) {
    const WordPair now = first + at / kWord;
    store_pair(payload + at, now);
    store_pair(payload + at + kPair, now + 2);
    store_pair(payload + at + 2 * kPair, now + 4);
    store_pair(payload + at + 3 * kPair, now + 6);
  }
  for (; at < kBytes; at += kPair) store_pair(payload + at, first + at / kWord);
}

// The same through a small buffer of its own: where the cores are far from each other, copying whole pieces into shared
// memory can beat writing it word by word, because the copy needn't first fetch what it overwrites.
template <std::size_t kBytes>
inline void write_words_staged(std::byte* payload, std::uint64_t seed) noexcept {
  constexpr std::size_t kPiece = kBytes < 8192 ? kBytes : 8192;
  static_assert(kBytes % kPiece == 0);
  alignas(64) std::byte piece[kPiece];
  for (std::size_t at = 0; at < kBytes; at += kPiece) {
    write_words<kPiece>(piece, seed + at / kWord);
    std::memcpy(payload + at, piece, kPiece);
  }
}

template <std::size_t kBytes>
inline std::uint64_t sum_words(const std::byte* payload) noexcept {
  WordPair a{};
  WordPair b{};
  WordPair c{};
  WordPair d{};
  std::size_t at = 0;
  for (; at + 4 * kPair <= kBytes; at += 4 * kPair) {
    a += load_pair(payload + at);
    b += load_pair(payload + at + kPair);
    c += load_pair(payload + at + 2 * kPair);
    d += load_pair(payload + at + 3 * kPair);
  }
  for (; at < kBytes; at += kPair) a += load_pair(payload + at);
  const WordPair sum = (a + b) + (c + d);
  return sum[0] + sum[1];
}

// What sum_words finds in a payload that was written with `seed` (modulo 2^64, like every sum here).
template <std::size_t kBytes>
constexpr std::uint64_t expected_sum(std::uint64_t seed) noexcept {
  constexpr std::uint64_t kWords = kBytes / kWord;
  return kWords * seed + kWords * (kWords - 1) / 2;
}

// The sum over messages with the seeds 0, 1, ... messages - 1.
template <std::size_t kBytes>
constexpr std::uint64_t expected_total(std::uint64_t messages) noexcept {
  constexpr std::uint64_t kWords = kBytes / kWord;
  const std::uint64_t seeds = messages % 2 == 0 ? messages / 2 * (messages - 1) : (messages - 1) / 2 * messages;
  return kWords * seeds + messages * (kWords * (kWords - 1) / 2);
}

inline void require_total(std::uint64_t found, std::uint64_t expected) {
  if (found != expected) throw std::runtime_error("the words received are not the words sent");
}

}  // namespace ringmain::bench
