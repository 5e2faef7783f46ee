// SPDX-License-Identifier: MIT
#include "producer.hpp"

#include <vector>

#include "failure.hpp"
#include "parts.hpp"
#include "waiting.hpp"
#include "without_gil.hpp"

namespace ringmain::python {

namespace {

constexpr std::size_t kShort = 4096;  // bytes that are copied in no time

}  // namespace

void Producer::check() {
  if (closed_) raise(PyExc_ValueError, "this producer is closed");
  if (claimed_) raise(PyExc_RuntimeError, "a claim is open: commit or abort it first");
}

void Producer::fail(Status status, std::size_t bytes) const {
  switch (status) {
    case Status::kTooLarge:
      raise(status, "a message of " + std::to_string(bytes) + " bytes is too large for this ring, whose capacity is " +
                        std::to_string(capacity()) + ": it takes half of that at most; make it with a capacity of " +
                        std::to_string(capacity_for(bytes)));
    case Status::kNoRoom:
    case Status::kTimedOut:
      raise(Status::kTimedOut, "no room in the ring: the slowest consumer is a whole ring behind");
    case Status::kRemoved: raise_ours("broken_pipe", "the ring was removed");
    case Status::kConsumerLost: raise_ours("broken_pipe", "the other end was closed, or its process died");
    default: raise(status, describe(status));
  }
}

// kOk: a message of `bytes` fits.
Status Producer::wait_for(nb::handle timeout, nb::handle go_on, std::size_t bytes) {
  bool gone = false;
  const auto tell = [&] {
    gone = closed_ || (!go_on.is_none() && !nb::cast<bool>(go_on()));
    return !gone;
  };
  const auto wait = [&](std::chrono::nanoseconds slice) { return producer_->claim_for(bytes, slice).status(); };
  const Status status = wait_in_slices(nanoseconds_of(timeout), settings_.spins, wait, tell);
  if (closed_) check();
  return gone ? Status::kConsumerLost : status;
}

ringmain::Claim Producer::claim(std::size_t bytes, nb::handle timeout, nb::handle go_on) {
  ringmain::Claim claim = producer_->try_claim(bytes);
  if (claim.status() == Status::kNoRoom) {
    if (const Status status = wait_for(timeout, go_on, bytes); status != Status::kOk) fail(status, bytes);
    claim = producer_->try_claim(bytes);
  }
  if (!claim) fail(claim.status(), bytes);
  return claim;
}

// Without waiting.
Status Producer::publish(const Encoded& message) {
  if (message.is_whole() && message.size() <= kShort) return producer_->try_publish(message.whole(), message.type());
  ringmain::Claim room = producer_->try_claim(message.size());
  if (!room) return room.status();
  message.write(room.bytes().data());
  room.commit(message.type());
  return Status::kOk;
}

void Producer::send_whole(const Encoded& message, nb::handle timeout, nb::handle go_on) {
  Status status = publish(message);
  if (status == Status::kNoRoom) {
    status = wait_for(timeout, go_on, message.size());
    if (status == Status::kOk) status = publish(message);
  }
  if (status != Status::kOk) fail(status, message.size());
}

void Producer::send_in_parts(const Encoded& message, nb::handle timeout, nb::handle go_on) {
  const std::size_t most = part_bytes(capacity());
  for (std::size_t at = 0; at < message.size(); at += most) {
    const std::size_t bytes = std::min(most, message.size() - at);
    ringmain::Claim room = claim(PartHeader::kSize + bytes, timeout, go_on);
    PartHeader{message.size(), at, message.type()}.write(room.bytes().data());
    message.write(room.bytes().data() + PartHeader::kSize, at, bytes);
    room.commit(kPart);
  }
}

// A short bytes object, without ado. False: it is none, or there is no room.
bool Producer::send_short(nb::handle object, std::uint16_t type) {
  if (!PyBytes_CheckExact(object.ptr()) || type >= kFirstReserved) return false;
  char* data = nullptr;
  Py_ssize_t size = 0;
  PyBytes_AsStringAndSize(object.ptr(), &data, &size);
  const auto bytes = std::as_bytes(std::span(data, static_cast<std::size_t>(size)));
  return bytes.size() <= kShort && producer_->try_publish(bytes, type) == Status::kOk;
}

void Producer::send(nb::handle object, std::uint16_t type, nb::handle timeout, nb::handle go_on) {
  {
    const Turn turn(*this);
    check();
    if (send_short(object, type)) return;
  }
  const Encoded message(object, type, settings_.dumps);
  const Turn turn(*this);
  check();
  if (settings_.splits && message.size() > part_bytes(capacity())) {
    send_in_parts(message, timeout, go_on);
  } else {
    send_whole(message, timeout, go_on);
  }
}

bool Producer::try_send(nb::handle object, std::uint16_t type) {
  const Encoded message(object, type, settings_.dumps);
  const Turn turn(*this);
  check();
  const Status status = publish(message);
  if (status != Status::kOk && status != Status::kNoRoom) fail(status, message.size());
  return status == Status::kOk;
}

std::size_t Producer::send_many(nb::handle objects, nb::handle timeout) {
  std::vector<std::unique_ptr<Encoded>> messages;
  std::size_t bytes = 0;
  for (const nb::handle object : nb::iter(objects)) {
    messages.push_back(std::make_unique<Encoded>(object, std::uint16_t{0}, settings_.dumps));
    bytes += ringmain::Producer::batch_share(messages.back()->size());
  }
  if (messages.empty()) return 0;
  const Turn turn(*this);
  check();
  if (const Status status = wait_for_batch(timeout, bytes); status != Status::kOk) fail(status, bytes);
  BatchClaim batch = producer_->claim_batch(bytes, std::chrono::nanoseconds{0});
  if (!batch) fail(batch.status(), bytes);
  for (const auto& message : messages) message->write(batch.add(message->size(), message->type()).data());
  batch.commit();
  return messages.size();
}

Status Producer::wait_for_batch(nb::handle timeout, std::size_t bytes) {
  const auto wait = [&](std::chrono::nanoseconds slice) { return producer_->claim_batch(bytes, slice).status(); };
  const Status status = wait(std::chrono::nanoseconds{0});
  if (status != Status::kNoRoom) return status;
  const Status waited = wait_in_slices(nanoseconds_of(timeout), settings_.spins, wait, [&] { return !closed_; });
  if (closed_) check();
  return waited;
}

void Producer::wait_for_consumers(std::size_t count, nb::handle timeout) {
  const Turn turn(*this);
  check();
  const auto wait = [&](std::chrono::nanoseconds slice) { return producer_->wait_for_consumers(count, slice); };
  Status status = producer_->wait_for_consumers(count, std::chrono::nanoseconds{0});
  if (is_vain(status)) status = wait_in_slices(nanoseconds_of(timeout), false, wait, [&] { return !closed_; });
  if (closed_) check();
  if (is_vain(status)) raise(Status::kTimedOut, "fewer than " + std::to_string(count) + " consumers have come");
  if (status != Status::kOk) fail(status, 0);
}

void Producer::close() { end(Ending::kRemove); }
void Producer::abandon() { end(Ending::kAbandon); }

void Producer::end(Ending ending) {
  if (closed_) return;
  closed_ = true;  // who waits without the GIL sees it
  if (turnstile_.foreign()) return;
  ending_ = ending;
  if (turnstile_.mine()) return;  // the call that is under way finishes it
  const Turn turn(*this);
  finish();
}

// Has the turn, and does it once.
void Producer::finish() {
  const Ending ending = std::exchange(ending_, Ending::kNone);
  if (ending == Ending::kNone) return leave_if_done();
  const auto settle = [&] {
    last_position_ = producer_->position();
    ended_ = true;
    leave_if_done();
  };
  try {
    leave_ring(ending);
  } catch (...) {  // the ring wasn't removed; it is closed in any case
    settle();
    throw;
  }
  settle();
}

void Producer::leave_ring(Ending ending) {
  if (ending == Ending::kAbandon) return producer_->abandon();
  const WithoutGil released;  // a ring on a disk is written to it
  producer_->close_and_remove();
}

void Producer::finish_closing() noexcept {
  try {
    finish();
  } catch (const Error&) {  // nobody is there to be told
  }
}

void Producer::give_back(std::uint64_t) noexcept {
  --in_use_;
  if (!turnstile_.taken()) leave_if_done();  // else who has the turn does that at its end
}

// The memory of a ring isn't to wait for Python to drop its producer.
void Producer::leave_if_done() noexcept {
  if (ended_ && in_use_ == 0) producer_.reset();
}

}  // namespace ringmain::python
