// Publishing self-checking messages in every way that a producer has.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "ringmain/producer.hpp"
#include "support/child.hpp"
#include "support/mix.hpp"
#include "support/self_checking.hpp"

namespace ringmain::testing {

inline constexpr std::uint64_t kLargestBatch = 8;

// Publishes a stream, message by message or batch by batch, each time in a way drawn by lot.
class MixedPublisher {
 public:
  // `seed` draws the ways; `next` is the number of the first message.
  MixedPublisher(ringmain::Producer& producer, const Stream& stream, std::uint64_t seed, std::uint64_t next = 0)
      : producer_(producer), stream_(stream), lot_(seed), next_(next), buffer_(producer.max_message()) {}

  std::uint64_t next() const { return next_; }  // the number of the next message

  // The next messages, at most up to the number `end`.
  void step(std::uint64_t end) {
    switch (mix(lot_) % 8) {
      case 0: return copy([&](auto bytes, auto type) { return producer_.publish(bytes, type); });
      case 1: return copy([&](auto bytes, auto type) { return insist(bytes, type); });
      case 2: return in_place(0);
      case 3: return in_place(mix(lot_) % 300);
      case 4: abort(); return in_place(0);
      case 5: return claim_batch(end).commit();
      case 6: give_up_batch(end); return in_place(0);
      default: return batch(end);
    }
  }

 private:
  static void check(Status status) { require(status == Status::kOk, std::string("publish: ") + describe(status)); }

  std::span<const std::byte> compose() {
    const std::span<std::byte> bytes(buffer_.data(), stream_.length_of(next_));
    stream_.write(next_, producer_.position(), bytes);
    return bytes;
  }

  template <class Publish>
  void copy(Publish&& publish) {
    check(publish(compose(), Stream::type_of(next_)));
    ++next_;
  }

  Status insist(std::span<const std::byte> bytes, std::uint16_t type) {
    const Status status = producer_.try_publish(bytes, type);
    return status == Status::kNoRoom ? producer_.publish(bytes, type) : status;
  }

  // Claims more than it commits.
  void in_place(std::size_t spare) {
    const std::size_t used = stream_.length_of(next_);
    const std::size_t claimed = std::min(used + spare, producer_.max_message());
    Claim claim = producer_.try_claim(claimed);
    if (!claim) claim = producer_.claim(claimed);
    check(claim.status());
    stream_.write(next_, producer_.position(), claim.bytes().first(used));
    claim.commit(used, Stream::type_of(next_));
    ++next_;
  }

  // Leaves what looks like tags, of the messages to come, where their headers may be.
  void abort() {
    const Claim claim = producer_.claim(std::min<std::size_t>(mix(lot_) % 1000, producer_.max_message()));
    check(claim.status());
    for (std::size_t at = 48; at + 8 <= claim.bytes().size(); at += 64) {
      const std::uint64_t tag = producer_.position() + 16 + at + 1;
      std::memcpy(claim.bytes().data() + at, &tag, sizeof tag);
    }
  }

  void batch(std::uint64_t end) {
    std::array<std::vector<std::byte>, kLargestBatch> bodies;
    std::array<std::span<const std::byte>, kLargestBatch> spans;
    const std::size_t count = draw_batch(end);
    for (std::size_t i = 0; i < count; ++i) {
      bodies[i] = stream_.message(next_ + i, producer_.position() + bytes_of(i));
      spans[i] = bodies[i];
    }
    check(producer_.publish_batch({spans.data(), count}, kBatchType));
    next_ += count;
  }

  // The same, written in place; to be committed.
  BatchClaim claim_batch(std::uint64_t end) {
    const std::size_t count = draw_batch(end);
    BatchClaim claim = producer_.claim_batch(bytes_of(count));
    check(claim.status());
    for (std::size_t i = 0; i < count; ++i) {
      const std::span<std::byte> place = claim.add(stream_.length_of(next_ + i), Stream::type_of(next_ + i));
      require(place.data() != nullptr, "a batch has no room for what it was claimed for");
      stream_.write(next_ + i, producer_.position() + bytes_of(i), place);
    }
    next_ += count;
    return claim;
  }

  void give_up_batch(std::uint64_t end) {
    const std::uint64_t next = next_;
    claim_batch(end).abort();
    next_ = next;
  }

  // How many messages make the next batch.
  std::size_t draw_batch(std::uint64_t end) {
    std::size_t count = std::min(1 + mix(lot_) % kLargestBatch, end - next_);
    while (bytes_of(count) > producer_.capacity() / 2) --count;
    return count;
  }
  // What the next so many messages take.
  std::size_t bytes_of(std::size_t count) const {
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < count; ++i) bytes += ringmain::Producer::batch_share(stream_.length_of(next_ + i));
    return bytes;
  }

  ringmain::Producer& producer_;
  const Stream& stream_;
  std::uint64_t lot_;
  std::uint64_t next_;
  std::vector<std::byte> buffer_;
};

}  // namespace ringmain::testing
