// Carriers that keep messages apart themselves: each packet is a word (as in Framing::kWire) and a payload.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "clock.hpp"
#include "ringmain/transport/sink.hpp"
#include "ringmain/transport/source.hpp"

namespace ringmain::transport {

// The sending end: one packet at a time, whole or not at all.
class PacketOut {
 public:
  virtual ~PacketOut() = default;
  // False: no room until the deadline. Throws kConsumerLost.
  virtual bool send(std::span<const std::byte> word, std::span<const std::byte> payload, const Deadline& deadline) = 0;
  virtual std::size_t largest() const noexcept = 0;  // packet, in bytes
  // Until the receiver has taken everything. False: not until the deadline.
  virtual bool drain(const Deadline& deadline) = 0;
};

// The receiving end.
class PacketIn {
 public:
  virtual ~PacketIn() = default;
  // The size of a packet, put into `into`, which has room for the largest; 0: the sender is gone, and nothing is left.
  // Nothing: none came until the deadline.
  virtual std::optional<std::size_t> receive(std::span<std::byte> into, const Deadline& deadline) = 0;
  virtual std::size_t largest() const noexcept = 0;
  virtual void finish() = 0;                    // the sender has said that this was all
  virtual int descriptor() const noexcept = 0;  // negative: there is none
};

// `name` goes before error messages.
std::unique_ptr<Source> packet_source(std::unique_ptr<PacketIn> in, std::string name);
std::unique_ptr<Sink> packet_sink(std::unique_ptr<PacketOut> out, std::string name);

}  // namespace ringmain::transport
