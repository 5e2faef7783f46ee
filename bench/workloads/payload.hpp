// The payload of every benchmark: the producer writes words, the consumer reads them, and the sum of all words of a round
// is known beforehand, so that a message that is missing, doubled or torn doesn't go unnoticed. Word i of a message is
// its seed plus i.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
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

template <class T>
T load(const std::byte* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
template <class T>
void store(std::byte* to, T value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

inline std::uint64_t seed_of(const std::byte* payload) noexcept { return load<std::uint64_t>(payload); }

[[gnu::always_inline]] inline void write_words(std::byte* payload, std::size_t bytes, std::uint64_t seed) noexcept {
  const WordPair first{seed, seed + 1};
  std::size_t at = 0;
  for (; at + 4 * kPair <= bytes; at += 4 * kPair) {
    const WordPair now = first + at / kWord;
    store(payload + at, now);
    store(payload + at + kPair, now + 2);
    store(payload + at + 2 * kPair, now + 4);
    store(payload + at + 3 * kPair, now + 6);
  }
  for (; at + kPair <= bytes; at += kPair) store(payload + at, first + at / kWord);
  if (at < bytes) store(payload + at, seed + at / kWord);
}

[[gnu::always_inline]] inline std::uint64_t sum_words(const std::byte* payload, std::size_t bytes) noexcept {
  WordPair a{};
  WordPair b{};
  WordPair c{};
  WordPair d{};
  std::size_t at = 0;
  for (; at + 4 * kPair <= bytes; at += 4 * kPair) {
    a += load<WordPair>(payload + at);
    b += load<WordPair>(payload + at + kPair);
    c += load<WordPair>(payload + at + 2 * kPair);
    d += load<WordPair>(payload + at + 3 * kPair);
  }
  for (; at + kPair <= bytes; at += kPair) a += load<WordPair>(payload + at);
  const std::uint64_t odd = at < bytes ? load<std::uint64_t>(payload + at) : 0;
  const WordPair sum = (a + b) + (c + d);
  return sum[0] + sum[1] + odd;
}

// What is written and read of a message: every word. kFixed: a size that the compiler knows, for small messages, whose
// loops it then unrolls; 0: any size.
template <std::size_t kFixed>
class EveryWord {
 public:
  constexpr explicit EveryWord(std::size_t bytes) noexcept : bytes_(bytes) {}

  constexpr std::size_t bytes() const noexcept { return kFixed != 0 ? kFixed : bytes_; }
  void write(std::byte* payload, std::uint64_t seed) const noexcept { write_words(payload, bytes(), seed); }
  std::uint64_t sum(const std::byte* payload) const noexcept { return sum_words(payload, bytes()); }

  constexpr std::uint64_t words() const noexcept { return bytes() / kWord; }
  constexpr std::uint64_t sum_of_indexes() const noexcept { return words() * (words() - 1) / 2; }

 private:
  std::size_t bytes_;
};

// The same, written through a small buffer of its own: where the cores are far from each other, copying whole pieces into
// shared memory can beat writing it word by word, because the copy needn't first fetch what it overwrites.
class EveryWordCopied : public EveryWord<0> {
 public:
  using EveryWord::EveryWord;

  void write(std::byte* payload, std::uint64_t seed) const noexcept {
    constexpr std::size_t kPiece = 8192;
    alignas(64) std::byte piece[kPiece];
    for (std::size_t at = 0; at < bytes(); at += kPiece) {
      const std::size_t now = std::min(kPiece, bytes() - at);
      write_words(piece, now, seed + at / kWord);
      std::memcpy(payload + at, piece, now);
    }
  }
};

// One word of each cache line.
class EveryLine {
 public:
  constexpr explicit EveryLine(std::size_t bytes) noexcept : bytes_(bytes) {}

  constexpr std::size_t bytes() const noexcept { return bytes_; }
  void write(std::byte* payload, std::uint64_t seed) const noexcept {
    for (std::size_t at = 0; at < bytes_; at += kLine) store(payload + at, seed + at / kWord);
  }
  std::uint64_t sum(const std::byte* payload) const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t at = 0; at < bytes_; at += kLine) sum += load<std::uint64_t>(payload + at);
    return sum;
  }

  constexpr std::uint64_t words() const noexcept { return (bytes_ + kLine - 1) / kLine; }
  constexpr std::uint64_t sum_of_indexes() const noexcept { return kLine / kWord * (words() * (words() - 1) / 2); }

 private:
  static constexpr std::size_t kLine = 64;
  std::size_t bytes_;
};

// The first and the last word.
class BothEnds {
 public:
  constexpr explicit BothEnds(std::size_t bytes) noexcept : bytes_(bytes) {}

  constexpr std::size_t bytes() const noexcept { return bytes_; }
  void write(std::byte* payload, std::uint64_t seed) const noexcept {
    store(payload, seed);
    store(payload + last(), seed + last() / kWord);
  }
  std::uint64_t sum(const std::byte* payload) const noexcept {
    const std::uint64_t first = load<std::uint64_t>(payload);
    return last() == 0 ? first : first + load<std::uint64_t>(payload + last());
  }

  constexpr std::uint64_t words() const noexcept { return last() == 0 ? 1 : 2; }
  constexpr std::uint64_t sum_of_indexes() const noexcept { return last() / kWord; }

 private:
  constexpr std::size_t last() const noexcept { return bytes_ - kWord; }
  std::size_t bytes_;
};

enum class Touch : std::uint8_t { kAll, kAllCopied, kLines, kEnds };

// A multiple of eight bytes.
struct Payload {
  std::size_t bytes = 32;
  Touch touch = Touch::kAll;
};

// Calls `work` with one of the classes above: outside of the loops, so that inside nothing is left to be decided.
template <class Work>
decltype(auto) with_payload(const Payload& payload, Work work) {
  const std::size_t bytes = payload.bytes;
  switch (payload.touch) {
    case Touch::kAllCopied: return work(EveryWordCopied(bytes));
    case Touch::kLines: return work(EveryLine(bytes));
    case Touch::kEnds: return work(BothEnds(bytes));
    case Touch::kAll: break;
  }
  switch (bytes) {
    case 8: return work(EveryWord<8>(bytes));
    case 16: return work(EveryWord<16>(bytes));
    case 32: return work(EveryWord<32>(bytes));
    case 48: return work(EveryWord<48>(bytes));
    case 64: return work(EveryWord<64>(bytes));
    default: return work(EveryWord<0>(bytes));
  }
}

// What sum() finds in a payload that was written with `seed` (modulo 2^64, like every sum here).
template <class P>
constexpr std::uint64_t expected_sum(const P& payload, std::uint64_t seed) noexcept {
  return payload.words() * seed + payload.sum_of_indexes();
}

// The sum over messages with the seeds 0, 1, ... messages - 1.
template <class P>
constexpr std::uint64_t expected_total(const P& payload, std::uint64_t messages) noexcept {
  const std::uint64_t seeds = messages % 2 == 0 ? messages / 2 * (messages - 1) : (messages - 1) / 2 * messages;
  return payload.words() * seeds + messages * payload.sum_of_indexes();
}

inline void require_total(std::uint64_t found, std::uint64_t expected) {
  if (found != expected) throw std::runtime_error("the words received are not the words sent");
}

}  // namespace ringmain::bench
