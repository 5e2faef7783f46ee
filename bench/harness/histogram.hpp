// A histogram of latencies in fixed memory: every value is kept to within 1.6 %, from one tick to hours.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ringmain::bench {

// Plain data, so that a child process may fill one that its parent reads. One writer.
class Histogram {
 public:
  void record(std::uint64_t value) noexcept {
    ++counts_[bucket_of(value)];
    ++total_;
    if (value > largest_) largest_ = value;
  }

  // The value below which `fraction` of all values lie (the middle of its bucket).
  double quantile(double fraction) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(fraction * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += counts_[bucket];
      if (seen > wanted) return middle_of(bucket);
    }
    return static_cast<double>(largest_);
  }

  std::uint64_t total() const noexcept { return total_; }
  std::uint64_t largest() const noexcept { return largest_; }
  void clear() noexcept { *this = Histogram{}; }

 private:
  // Values below 64 have a bucket each; above, every power of two is cut into 32 equal parts.
  static constexpr unsigned kPartBits = 5;
  static constexpr std::size_t kParts = std::size_t{1} << kPartBits;
  static constexpr std::size_t kBuckets = (64 - kPartBits + 1) * kParts;

  static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < 2 * kParts) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kPartBits - 1;
    return (shift + 1) * kParts + static_cast<std::size_t>((value >> shift) - kParts);
  }

  static double middle_of(std::size_t bucket) noexcept {
    if (bucket < 2 * kParts) return static_cast<double>(bucket);
    const std::size_t shift = bucket / kParts - 1;
    const std::uint64_t low = static_cast<std::uint64_t>(kParts + bucket % kParts) << shift;
    return static_cast<double>(low) + 0.5 * static_cast<double>(std::uint64_t{1} << shift);
  }

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t largest_ = 0;
};

}  // namespace ringmain::bench
