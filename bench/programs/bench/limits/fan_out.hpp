// Workload: what a publish costs with many groups attached and awake. Only the publishing is timed; afterwards the
// other side drains every group.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "carriers/ring.hpp"
#include "harness/barrier.hpp"
#include "harness/contest.hpp"
#include "harness/shared_memory.hpp"

namespace ringmain::bench {

class FanOut final : public Contestant {
 public:
  FanOut(std::string name, RingSetup setup, std::size_t groups);

  void open(Side side) override;
  Interval run(Side side, std::uint64_t messages) override;
  void close() override;

 private:
  std::uint64_t publish(std::uint64_t messages);  // returns nanoseconds
  void drain(std::uint64_t messages);

  RingSetup setup_;
  std::string ring_name_;
  std::size_t groups_;
  std::uint64_t batch_;  // messages; a quarter of the ring, so that the limit is looked at as often as in real use
  Shared<Barrier> barrier_;
  std::optional<Producer> producer_;
  std::vector<Consumer> consumers_;
};

}  // namespace ringmain::bench
