// The C interface: the producer.
// SPDX-License-Identifier: MIT
#include "ringmain/producer.hpp"

#include <span>
#include <vector>

#include "c_interface.hpp"

struct ringmain_producer {
  explicit ringmain_producer(ringmain::Producer&& made) noexcept : producer(std::move(made)) {}

  ringmain::Producer producer;
  ringmain::Claim claim{};                          // falsy: none is open
  std::vector<std::span<const std::byte>> batch{};  // kept for its memory alone
};

using namespace ringmain;
using c::guarded;
using c::misuse;
using c::number;

namespace {

// Why nothing can be published now; null: it can.
const char* obstacle(const ringmain_producer* handle) noexcept {
  if (handle == nullptr) return "the producer is null";
  if (handle->claim) return "a claim is open: commit or abort it first";
  return nullptr;
}

// Never null, which memcpy() may not be given even for 0 bytes.
std::span<const std::byte> bytes_of(const void* data, std::size_t size) noexcept {
  static constexpr std::byte kNothing{};
  return {data == nullptr ? &kNothing : static_cast<const std::byte*>(data), size};
}

}  // namespace

extern "C" {

int ringmain_producer_create(const char* name, const ringmain_ring_options* options, ringmain_producer** producer) {
  return c::opened(producer, [&] { return Producer::create(c::required(name, "name"), c::options_from(options)); });
}

int ringmain_producer_open(const char* name, const ringmain_open_options* options, ringmain_producer** producer) {
  return c::opened(producer, [&] { return Producer::open(c::required(name, "name"), c::options_from(options)); });
}

int ringmain_producer_create_unnamed(const ringmain_ring_options* options, ringmain_producer** producer) {
  return c::opened(producer, [&] { return Producer::create_unnamed(c::options_from(options)); });
}

int ringmain_producer_open_unnamed(int ring, int consumers, const ringmain_open_options* options,
                                   ringmain_producer** producer) {
  const RingDescriptors descriptors{.ring = ring, .consumers = consumers};
  return c::opened(producer, [&] { return Producer::open(descriptors, c::options_from(options)); });
}

int ringmain_producer_descriptors(const ringmain_producer* producer, int* ring, int* consumers) {
  if (producer == nullptr) return misuse("the producer is null");
  if (ring == nullptr || consumers == nullptr) return misuse("the place for a descriptor is null");
  return guarded([&] {
    const RingDescriptors descriptors = producer->producer.descriptors();
    *ring = descriptors.ring;
    *consumers = descriptors.consumers;
  });
}

int ringmain_producer_publish(ringmain_producer* producer, const void* data, size_t size, uint16_t type) {
  return ringmain_producer_publish_for(producer, data, size, type, RINGMAIN_FOREVER);
}

int ringmain_producer_try_publish(ringmain_producer* producer, const void* data, size_t size, uint16_t type) {
  return ringmain_producer_publish_for(producer, data, size, type, 0);
}

int ringmain_producer_publish_for(ringmain_producer* producer, const void* data, size_t size, uint16_t type,
                                  int64_t timeout_ns) {
  if (const char* why = obstacle(producer); why != nullptr) [[unlikely]]
    return misuse(why);
  if (data == nullptr && size != 0) [[unlikely]]
    return misuse("data is null");
  return number(producer->producer.publish_for(bytes_of(data, size), c::timeout(timeout_ns), type));
}

int ringmain_producer_publish_batch(ringmain_producer* producer, const ringmain_bytes* messages, size_t count,
                                    uint16_t type) {
  if (const char* why = obstacle(producer); why != nullptr) return misuse(why);
  if (messages == nullptr && count != 0) return misuse("messages is null");
  Status status = Status::kOk;
  const int error = guarded([&] {
    producer->batch.clear();
    for (const ringmain_bytes& message : std::span(messages, count)) {
      if (message.data == nullptr && message.size != 0) throw Error(Status::kBadOption, "a message's data is null");
      producer->batch.push_back(bytes_of(message.data, message.size));
    }
    status = producer->producer.publish_batch(producer->batch, type);
  });
  return error != RINGMAIN_OK ? error : number(status);
}

int ringmain_producer_claim(ringmain_producer* producer, size_t size, void** data) {
  return ringmain_producer_claim_for(producer, size, RINGMAIN_FOREVER, data);
}

int ringmain_producer_try_claim(ringmain_producer* producer, size_t size, void** data) {
  return ringmain_producer_claim_for(producer, size, 0, data);
}

int ringmain_producer_claim_for(ringmain_producer* producer, size_t size, int64_t timeout_ns, void** data) {
  if (data == nullptr) [[unlikely]]
    return misuse("the place for the pointer is null");
  *data = nullptr;
  if (const char* why = obstacle(producer); why != nullptr) [[unlikely]]
    return misuse(why);
  Claim claim = producer->producer.claim_for(size, c::timeout(timeout_ns));
  if (!claim) return number(claim.status());
  *data = claim.bytes().data();
  producer->claim = std::move(claim);
  return RINGMAIN_OK;
}

int ringmain_producer_commit(ringmain_producer* producer, size_t used, uint16_t type) {
  if (producer == nullptr) [[unlikely]]
    return misuse("the producer is null");
  if (!producer->claim) [[unlikely]]
    return misuse("no claim is open");
  producer->claim.commit(used, type);
  return RINGMAIN_OK;
}

void ringmain_producer_abort(ringmain_producer* producer) {
  if (producer != nullptr) producer->claim.abort();
}

int ringmain_producer_wait_for_consumers(ringmain_producer* producer, size_t groups, int64_t timeout_ns) {
  if (producer == nullptr) return misuse("the producer is null");
  return static_cast<int>(producer->producer.wait_for_consumers(groups, c::timeout(timeout_ns)));
}

int ringmain_producer_close(ringmain_producer* producer) {
  if (producer == nullptr) return misuse("the producer is null");
  producer->claim.abort();
  producer->producer.close();
  return RINGMAIN_OK;
}

int ringmain_producer_remove(ringmain_producer* producer) {
  if (producer == nullptr) return misuse("the producer is null");
  return c::guarded([&] { producer->producer.remove(); });
}

int ringmain_producer_close_and_remove(ringmain_producer* producer) {
  if (producer == nullptr) return misuse("the producer is null");
  producer->claim.abort();
  return c::guarded([&] { producer->producer.close_and_remove(); });
}

uint64_t ringmain_producer_position(const ringmain_producer* producer) {
  return producer == nullptr ? 0 : producer->producer.position();
}

size_t ringmain_producer_capacity(const ringmain_producer* producer) {
  return producer == nullptr ? 0 : producer->producer.capacity();
}

void ringmain_producer_free(ringmain_producer* producer) { delete producer; }

}  // extern "C"
