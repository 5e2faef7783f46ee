// The C interface: the consumer.
// SPDX-License-Identifier: MIT
#include "c_consumer.hpp"

#include <optional>
#include <span>

#include "c_interface.hpp"

static_assert(offsetof(ringmain_message, position) == 16 && offsetof(ringmain_message, lost) == 24);
static_assert(offsetof(ringmain_message, type) == 32 && offsetof(ringmain_message, redelivered) == 34);
static_assert(sizeof(ringmain_message) == 40);

using namespace ringmain;
using c::misuse;
using c::number;

namespace {

// Why nothing can be received now; null: it can.
const char* obstacle(const ringmain_consumer* handle) noexcept {
  if (handle == nullptr) return "the consumer is null";
  if (handle->borrowed) return "a message is borrowed: release it first";
  return nullptr;
}

// The handle keeps what it received; *seen is what the caller sees of it.
int keep(ringmain_consumer& handle, Message&& message, ringmain_message* seen) noexcept {
  *seen = {};
  if (!message) return number(message.status());
  seen->data = message.bytes().data();
  seen->size = message.bytes().size();
  seen->position = message.position();
  seen->lost = message.lost();
  seen->type = message.type();
  seen->redelivered = message.redelivered() ? 1 : 0;
  handle.borrowed.emplace(std::move(message));
  return RINGMAIN_OK;
}

// With nothing borrowed. A handler of C++ may throw.
int poll_with(ringmain_consumer& handle, ringmain_handler handler, void* context, std::size_t limit,
              std::size_t& count) {
  while (count < limit) {
    ringmain_message message;
    if (const int status = keep(handle, handle.try_receive(), &message); status != RINGMAIN_OK) return status;
    ++count;
    const int stop = handler(&message, context);
    handle.borrowed.reset();
    if (stop != 0) break;
  }
  return RINGMAIN_OK;
}

}  // namespace

extern "C" {

int ringmain_consumer_attach(const char* name, const ringmain_consumer_options* options, ringmain_consumer** consumer) {
  return c::opened(consumer, [&] { return Consumer::attach(c::required(name, "name"), c::options_from(options)); });
}

int ringmain_consumer_attach_unnamed(int ring, int consumers, const ringmain_consumer_options* options,
                                     ringmain_consumer** consumer) {
  const RingDescriptors descriptors{.ring = ring, .consumers = consumers};
  return c::opened(consumer, [&] { return Consumer::attach(descriptors, c::options_from(options)); });
}

int ringmain_consumer_receive(ringmain_consumer* consumer, ringmain_message* message) {
  return ringmain_consumer_receive_for(consumer, RINGMAIN_FOREVER, message);
}

int ringmain_consumer_try_receive(ringmain_consumer* consumer, ringmain_message* message) {
  if (message == nullptr) [[unlikely]]
    return misuse("the place for the message is null");
  if (const char* why = obstacle(consumer); why != nullptr) [[unlikely]]
    return misuse(why);
  return keep(*consumer, consumer->try_receive(), message);
}

int ringmain_consumer_receive_for(ringmain_consumer* consumer, int64_t timeout_ns, ringmain_message* message) {
  if (timeout_ns <= 0) return ringmain_consumer_try_receive(consumer, message);
  if (message == nullptr) [[unlikely]]
    return misuse("the place for the message is null");
  if (const char* why = obstacle(consumer); why != nullptr) [[unlikely]]
    return misuse(why);
  return keep(*consumer, consumer->receive_for(c::timeout(timeout_ns)), message);
}

int ringmain_consumer_still_valid(const ringmain_consumer* consumer) {
  return consumer != nullptr && consumer->borrowed && consumer->borrowed->still_valid() ? 1 : 0;
}

void ringmain_consumer_release(ringmain_consumer* consumer) {
  if (consumer != nullptr) consumer->borrowed.reset();
}

void ringmain_consumer_pass(ringmain_consumer* consumer) {
  if (consumer == nullptr || !consumer->borrowed) return;
  consumer->borrowed->pass();
  consumer->borrowed.reset();
}

void ringmain_consumer_release_below(ringmain_consumer* consumer, uint64_t position) {
  if (consumer != nullptr) consumer->release_below(position);
}

int ringmain_consumer_still_valid_at(const ringmain_consumer* consumer, uint64_t position) {
  return consumer != nullptr && consumer->still_valid(position) ? 1 : 0;
}

int ringmain_consumer_read(ringmain_consumer* consumer, void* buffer, size_t size, ringmain_message* message) {
  return ringmain_consumer_read_for(consumer, buffer, size, RINGMAIN_FOREVER, message);
}

int ringmain_consumer_try_read(ringmain_consumer* consumer, void* buffer, size_t size, ringmain_message* message) {
  return ringmain_consumer_read_for(consumer, buffer, size, 0, message);
}

int ringmain_consumer_read_for(ringmain_consumer* consumer, void* buffer, size_t size, int64_t timeout_ns,
                               ringmain_message* message) {
  if (message == nullptr) [[unlikely]]
    return misuse("the place for the message is null");
  if (buffer == nullptr && size != 0) [[unlikely]]
    return misuse("the buffer is null");
  if (const char* why = obstacle(consumer); why != nullptr) [[unlikely]]
    return misuse(why);
  std::byte nothing{};  // memcpy() may not be given null even for 0 bytes
  const std::span<std::byte> room{buffer == nullptr ? &nothing : static_cast<std::byte*>(buffer), size};
  Consumer& from = *consumer;
  const Copy copy = timeout_ns <= 0 ? from.try_read(room) : from.read_for(room, c::timeout(timeout_ns));
  *message = {};
  if (copy.status == Status::kTooLarge) message->size = copy.bytes;
  if (!copy) return number(copy.status);
  message->data = buffer;
  message->size = copy.bytes;
  message->position = copy.position;
  message->lost = copy.lost;
  message->type = copy.type;
  message->redelivered = copy.redelivered ? 1 : 0;
  return RINGMAIN_OK;
}

int ringmain_consumer_poll(ringmain_consumer* consumer, ringmain_handler handler, void* context, size_t limit,
                           size_t* count) {
  if (count != nullptr) *count = 0;
  if (const char* why = obstacle(consumer); why != nullptr) return misuse(why);
  if (handler == nullptr) return misuse("the handler is null");
  std::size_t handled = 0;
  int status = RINGMAIN_OK;
  const int error = c::guarded([&] { status = poll_with(*consumer, handler, context, limit, handled); });
  consumer->borrowed.reset();  // if the handler threw
  if (count != nullptr) *count = handled;
  return error != RINGMAIN_OK ? error : status;
}

int ringmain_consumer_descriptor(ringmain_consumer* consumer, int* descriptor) {
  if (consumer == nullptr) return misuse("the consumer is null");
  if (descriptor == nullptr) return misuse("the place for the descriptor is null");
  return c::guarded([&] {
    if (!consumer->polled) consumer->polled.emplace(consumer->pollable());
    *descriptor = consumer->polled->descriptor();
  });
}

int ringmain_consumer_arm(ringmain_consumer* consumer) {
  return consumer != nullptr && consumer->polled && consumer->polled->arm() ? 1 : 0;
}

int64_t ringmain_consumer_prepare_wait(ringmain_consumer* consumer, struct io_uring_sqe* entry) {
  if (consumer == nullptr || entry == nullptr) return 0;
  return consumer->prepare_wait(*entry).count();
}

uint64_t ringmain_consumer_position(const ringmain_consumer* consumer) {
  return consumer == nullptr ? 0 : consumer->position();
}

uint64_t ringmain_consumer_lost(const ringmain_consumer* consumer) {
  return consumer == nullptr ? 0 : consumer->lost();
}

uint64_t ringmain_consumer_lag_bytes(const ringmain_consumer* consumer) {
  return consumer == nullptr ? 0 : consumer->lag_bytes();
}

size_t ringmain_consumer_capacity(const ringmain_consumer* consumer) {
  return consumer == nullptr ? 0 : consumer->capacity();
}

void ringmain_consumer_free(ringmain_consumer* consumer) { delete consumer; }

}  // extern "C"
