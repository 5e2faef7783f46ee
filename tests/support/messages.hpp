// Messages that tests send and check.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "ringmain/algorithm/producer.hpp"
#include "ringmain/algorithm/reader.hpp"
#include "support/mix.hpp"
#include "support/plain_ring.hpp"

namespace ringmain::testing {

using algorithm::extent_of;
using algorithm::Producer;
using algorithm::Reader;

// `length` bytes that tell seed and length.
inline Bytes pattern(std::uint64_t seed, std::size_t length) {
  Bytes bytes(length);
  std::uint64_t state = seed * 31 + length;
  for (std::size_t i = 0; i < length; i += 8) {
    const std::uint64_t word = mix(state);
    std::memcpy(bytes.data() + i, &word, std::min<std::size_t>(8, length - i));
  }
  return bytes;
}

// The first producer of a ring.
template <class Memory>
Producer<Memory> first_producer(const PlainRing<Memory>& ring) {
  Producer<Memory> producer(ring.ring());
  producer.begin();
  return producer;
}

// The next producer of a ring.
template <class Memory>
Producer<Memory> successor(const PlainRing<Memory>& ring) {
  Producer<Memory> producer(ring.ring());
  if (!producer.recover()) throw std::runtime_error("the ring can't be recovered");
  return producer;
}

// Null: no room, even after a look at the groups.
template <class Memory>
std::byte* claim(Producer<Memory>& producer, std::size_t length) {
  std::byte* payload = producer.try_claim(length);
  if (payload == nullptr && producer.refresh_limit(extent_of(length))) payload = producer.try_claim(length);
  return payload;
}

// False: no room.
template <class Memory>
bool publish(Producer<Memory>& producer, std::span<const std::byte> bytes, std::uint16_t type = 0) {
  std::byte* payload = claim(producer, bytes.size());
  if (payload == nullptr) return false;
  std::copy(bytes.begin(), bytes.end(), payload);
  (void)producer.commit(bytes.size(), type);
  return true;
}

// Publishes messages of `length`, each a pattern of its position, until the tail reaches `to`.
template <class Memory>
bool publish_until(Producer<Memory>& producer, Position to, std::size_t length = 48) {
  while (producer.position() < to) {
    if (!publish(producer, pattern(producer.position(), length))) return false;
  }
  return true;
}

// Publishes `count` messages of `length`, each a pattern of its position.
template <class Memory>
bool publish_some(Producer<Memory>& producer, int count, std::size_t length = 48) {
  return publish_until(producer, producer.position() + static_cast<std::uint64_t>(count) * extent_of(length), length);
}

struct Received {
  Position position = 0;
  std::uint64_t lost = 0;
  std::uint16_t type = 0;
  bool redelivered = false;
  Bytes bytes;
  bool matches(std::uint64_t seed) const { return bytes == pattern(seed, bytes.size()); }
};

template <class Memory>
Received borrowed(const Reader<Memory>& reader) {
  return {reader.position(), reader.lost_before(), reader.type(), reader.redelivered(),
          Bytes(reader.bytes().begin(), reader.bytes().end())};
}

// The next message, released; nothing if there is none.
template <class Memory>
std::optional<Received> receive(Reader<Memory>& reader) {
  if (!reader.look() && reader.examine() != Status::kOk) return std::nullopt;
  Received message = borrowed(reader);
  (void)reader.release();
  return message;
}

// Receives messages that are patterns of their positions until there is none: how many, or nothing if one was wrong.
template <class Memory>
std::optional<std::uint64_t> drain(Reader<Memory>& reader) {
  std::uint64_t count = 0;
  while (const auto message = receive(reader)) {
    if (!message->matches(message->position)) return std::nullopt;
    ++count;
  }
  return count;
}

}  // namespace ringmain::testing
