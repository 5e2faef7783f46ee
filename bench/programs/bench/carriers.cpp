// SPDX-License-Identifier: MIT
#include "programs/bench/carriers.hpp"

#include <algorithm>
#include <array>

#include "programs/bench/rivals.hpp"

namespace ringmain::bench {
namespace {

constexpr std::array kCarriers{
    NamedCarrier{"ring", "Ringmain's ring, from C++; its consumer spins for 20 us, then sleeps", true, true,
                 enter_ring},
    NamedCarrier{"pipe", "a pipe of 1 MiB, blocking", true, true, enter_pipe},
    NamedCarrier{"pipe-polled", "a pipe that doesn't block and is asked again and again", false, true,
                 enter_polled_pipe},
    NamedCarrier{"unix", "a unix stream socket, blocking", true, true, enter_unix},
    NamedCarrier{"tcp", "TCP over the loopback device, blocking, without Nagle's delay", true, true, enter_tcp},
    NamedCarrier{"mq", "a POSIX message queue, blocking", true, true, enter_posix_queue},
    NamedCarrier{"seqpacket", "a unix socket of packets, blocking", true, false, enter_seqpacket},
    NamedCarrier{"uring+unix", "the unix stream socket through io_uring", true, false, enter_uring_unix},
    NamedCarrier{"uring+tcp", "TCP through io_uring", true, false, enter_uring_tcp},
    NamedCarrier{"spsc", "Boost.Lockfree spsc_queue in shared memory, as transport has it", true, false, enter_spsc},
    NamedCarrier{"ring-transport", "the ring through the transport library", true, false, enter_transported_ring},
    NamedCarrier{"boost-mq", "Boost.Interprocess message_queue, blocking", true, false, enter_boost_queue},
    NamedCarrier{"zeromq", "ZeroMQ, PUSH and PULL over ipc://", true, false, enter_zeromq},
    NamedCarrier{"iceoryx", "Eclipse iceoryx 2.0, zero-copy, polled; needs iox-roudi", false, false, enter_iceoryx},
};

}  // namespace

std::span<const NamedCarrier> carriers() { return kCarriers; }

const NamedCarrier* find_carrier(std::string_view name) {
  const auto* const found = std::find_if(kCarriers.begin(), kCarriers.end(),
                                         [&](const NamedCarrier& carrier) { return carrier.name == name; });
  return found == kCarriers.end() ? nullptr : found;
}

}  // namespace ringmain::bench
