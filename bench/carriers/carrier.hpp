// What a carrier is: something that moves messages one way, from one process to another. The ring, its rivals and the
// physical limits are all carriers, so that the same workloads run over each of them.
//
// Both ends are told the size of each message by the workload, which lets the compiler see it where it is a constant.
// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

namespace ringmain::bench {

// Stand-ins for what a workload passes in.
struct AnyWriter {
  void operator()(std::byte* /*payload*/) const noexcept {}
};
struct AnyReader {
  void operator()(const std::byte* /*payload*/) const noexcept {}
};

// Writes a message in place where the carrier can, waits for room if need be.
template <class S>
concept Sender = std::movable<S> && requires(S sender, std::size_t bytes) {
  sender.send(bytes, AnyWriter{});
};

// Waits for the next message and lets it be read in place where the carrier can.
template <class R>
concept Receiver = std::movable<R> && requires(R receiver, std::size_t bytes) {
  receiver.receive(bytes, AnyReader{});
};

// Made before the fork; each end is taken after it, in the process that uses it.
template <class C>
concept Carrier = requires(C carrier) {
  { carrier.sender() } -> Sender;
  { carrier.receiver() } -> Receiver;
};

}  // namespace ringmain::bench
