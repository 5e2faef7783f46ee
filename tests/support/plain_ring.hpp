// A ring in the memory of one process: the words that producer and consumers share, to be read and set by hand.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <vector>

#include "ringmain/algorithm/layout.hpp"
#include "support/fake_leases.hpp"

namespace ringmain::testing {

using algorithm::kMinCapacity;
using algorithm::kNowhere;
using algorithm::Position;
using Bytes = std::vector<std::byte>;

// All bytes of a ring at one moment: what a crash would leave.
using Image = Bytes;

template <class Memory = algorithm::NativeMemory>
class PlainRing {
  static constexpr std::size_t kConsumersAt = algorithm::kSlotsOffset - algorithm::kProducerOffset;
  static constexpr std::size_t kSlotsAt = kConsumersAt + algorithm::kConsumersBytes;

 public:
  explicit PlainRing(std::uint64_t capacity = kMinCapacity, Policy policy = Policy::kWait)
      : bytes_(kSlotsAt + capacity) {
    const int file = ::memfd_create("plain-ring", MFD_CLOEXEC);
    if (file < 0 || ::ftruncate(file, static_cast<off_t>(bytes_)) != 0) throw std::bad_alloc();
    void* base = ::mmap(nullptr, bytes_ + capacity, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) throw std::bad_alloc();
    base_ = static_cast<std::byte*>(base);
    map(file, base_, bytes_, 0);
    map(file, base_ + bytes_, capacity, kSlotsAt);  // the mirror
    ::close(file);

    ring_.producer = new (base_) algorithm::ProducerLines<Memory>();
    ring_.consumers = new (base_ + kConsumersAt) algorithm::ConsumersArea<Memory>();
    ring_.slots = base_ + kSlotsAt;
    ring_.capacity = capacity;
    ring_.policy = policy;
  }
  ~PlainRing() { ::munmap(base_, bytes_ + ring_.capacity); }
  PlainRing(const PlainRing&) = delete;
  PlainRing& operator=(const PlainRing&) = delete;

  const algorithm::Ring<Memory>& ring() const { return ring_; }
  algorithm::Ring<Memory> spectated() const {
    algorithm::Ring<Memory> ring = ring_;
    ring.consumers = nullptr;
    return ring;
  }
  algorithm::ProducerLines<Memory>& lines() const { return *ring_.producer; }
  algorithm::ConsumersArea<Memory>& area() const { return *ring_.consumers; }
  std::uint64_t capacity() const { return ring_.capacity; }
  std::uint64_t step() const { return algorithm::index_step(ring_.capacity); }

  std::uint64_t limit_step() const { return ring_.capacity / algorithm::kLimitSteps; }

  std::uint64_t tag_at(Position position) const { return ring_.header_at(position)->tag.load(); }
  void set_tag(Position position, std::uint64_t tag) const { ring_.header_at(position)->tag.store(tag); }

  LeaseTable& leases() { return leases_; }

  Image image() const { return Image(base_, base_ + bytes_); }
  void restore(const Image& image) const { std::memcpy(base_, image.data(), image.size()); }

  // As if a producer had published up to `position` before: the next one recovers there.
  void age(Position position, std::uint64_t messages) const {
    lines().tail.store(position);
    lines().limit.store(position + limit_step());
    lines().proposal.store(position + limit_step());
    for (auto& entry : lines().index) entry.position.store(kNowhere);
    auto& entry = lines().index[position / step() % algorithm::kIndexEntries];
    entry.messages.store(messages);
    entry.bytes.store(0);
    entry.position.store(position);
  }

 private:
  static void map(int file, std::byte* at, std::size_t bytes, std::size_t offset) {
    if (::mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, static_cast<off_t>(offset)) != at) {
      throw std::bad_alloc();
    }
  }

  std::size_t bytes_;  // of the image
  std::byte* base_ = nullptr;
  algorithm::Ring<Memory> ring_;
  LeaseTable leases_{};
};

}  // namespace ringmain::testing
