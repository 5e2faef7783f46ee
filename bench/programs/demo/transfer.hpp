// The transfer: one producer process streams the source through one ring to two broadcast consumers and to one group of
// two workers, each a process of its own; what they report proves, or disproves, that every group got every byte.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "programs/demo/sha256.hpp"
#include "programs/demo/source.hpp"

namespace ringmain::bench {

inline constexpr std::size_t kBroadcastConsumers = 2;
inline constexpr std::size_t kWorkers = 2;

// Of a broadcast consumer, which hashes the stream in order.
struct BroadcastReport {
  Digest whole{};
  std::uint64_t bytes = 0;
  std::uint64_t messages = 0;
};

// Of a worker, for each of its messages.
struct ChunkReport {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  Digest digest{};
};

struct TransferReport {
  std::array<BroadcastReport, kBroadcastConsumers> broadcast{};
  std::array<std::vector<ChunkReport>, kWorkers> workers{};
  double seconds = 0;  // from the first message until the last consumer was done, hashing included
};

TransferReport run_transfer(const Source& source, const Reference& reference);

// Each throws, and says what is wrong, unless the report proves the claim.
void prove_broadcast(const BroadcastReport& report, const Source& source, const Reference& reference);
// The union of what the workers got covers the stream without gap or overlap, and is what the files hold.
void prove_group(std::span<const std::vector<ChunkReport>> workers, const Source& source, const Reference& reference);

}  // namespace ringmain::bench
