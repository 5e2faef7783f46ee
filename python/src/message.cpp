// SPDX-License-Identifier: MIT
#include "message.hpp"

#include <cstring>

#include "consumer.hpp"
#include "failure.hpp"
#include "numpy.hpp"

namespace ringmain::python {

Message::Message(Message&& other) noexcept
    : consumer_(std::move(other.consumer_)), owner_(std::move(other.owner_)), bytes_(other.bytes_),
      facts_(other.facts_), borrowed_(std::exchange(other.borrowed_, false)),
      in_ring_(std::exchange(other.in_ring_, false)), detached_(other.detached_) {}

Message::~Message() {
  if (consumer_.is_valid()) consumer_of(consumer_).forget(*this);
  if (borrowed_) consumer_of(consumer_).give_back(facts_.position);
}

void Message::require_bytes() const {
  if (!released()) return;
  raise(PyExc_ValueError,
        "this message was given back to its ring; use it before the next one is received, or keep message.copy()");
}

// Views outlive the message, so they hold the slots by an object of their own.
nb::object Message::exporter() {
  require_bytes();
  if (borrowed_) {
    const std::span bytes(const_cast<std::byte*>(bytes_.data()), bytes_.size());  // exported read-only
    owner_ = Plain<Memory>::make(consumer_, consumer_of(consumer_), facts_.position, bytes, /*writable=*/false);
    borrowed_ = false;
    in_ring_ = true;
  }
  return owner_;
}

nb::object Message::bytes() {
  require_bytes();
  if (owner_.is_valid() && PyBytes_CheckExact(owner_.ptr())) return owner_;
  return nb::bytes(bytes_.data(), bytes_.size());
}

nb::object Message::array() {
  require_bytes();
  if (facts_.type != kArray) {
    raise(PyExc_TypeError, "this message is no array; message.obj is what was sent, bytes(message) its bytes");
  }
  const ArrayShape& shape = consumer_of(consumer_).array_shapes().of(bytes_);
  try {
    return shape.over(exporter());
  } catch (nb::python_error& error) {
    error.restore();
    raise_instead(PyExc_ValueError, Status::kCorrupt, "an array of a shape that NumPy doesn't have");
  }
}

nb::object Message::object() {
  require_bytes();
  switch (facts_.type) {
    case kArray: return array();
    case kPickle: return unpickled();
    case kText: {
      const auto* text = reinterpret_cast<const char*>(bytes_.data());
      nb::object decoded = nb::steal(PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(bytes_.size()), nullptr));
      if (!decoded) raise_instead(PyExc_UnicodeDecodeError, Status::kCorrupt, "a text that isn't UTF-8");
      return decoded;
    }
    case kInteger:
    case kFloat:
    case kNone:
    case kBool: return value();
    default: return bytes();
  }
}

nb::object Message::value() {
  const auto read = [&]<class T>(T value) {
    if (bytes_.size() != sizeof value) raise(Status::kCorrupt, "a number whose length makes no sense");
    std::memcpy(&value, bytes_.data(), sizeof value);
    return value;
  };
  switch (facts_.type) {
    case kInteger: return nb::int_(read(std::int64_t{}));
    case kFloat: return nb::float_(read(double{}));
    case kBool: return nb::bool_(read(std::uint8_t{}) != 0);
    default: return nb::none();
  }
}

nb::object Message::unpickled() {
  const Consumer& consumer = consumer_of(consumer_);
  if (!consumer.allows_pickle()) {
    raise_ours(
        "PickleRefused",
        "this is a pickled object, and unpickling runs what its sender likes; if you trust the producer, make the "
        "consumer with allow_pickle=True");
  }
  if (in_place() && consumer.lossy()) {
    // What is overwritten while it is unpickled could run anything.
    Message kept = private_copy();
    if (!valid()) raise(Status::kCorrupt, "this message was overwritten before it was read");
    return kept.unpickled();
  }
  const auto layout = parse_pickle_header(bytes_);
  if (!layout) raise(Status::kCorrupt, "a pickled object whose header makes no sense");
  const nb::object memory = exporter();
  nb::list buffers;
  for (const auto& part : layout->buffers) buffers.append(view_of(memory, part.at, part.size));
  return nb::module_::import_("ringmain._pickling")
      .attr("loads")(view_of(memory, layout->pickle.at, layout->pickle.size), buffers);
}

nb::object Message::copy() { return Plain<Message>::make(private_copy()); }

Message Message::private_copy() {
  require_bytes();
  nb::object memory = Plain<Memory>::make(bytes_.size());
  Memory& target = Plain<Memory>::of(memory);
  copy_bytes(target.bytes().data(), bytes_);
  target.make_read_only();
  const std::span<const std::byte> copied = target.bytes();
  Message message(consumer_, std::move(memory), copied, facts_);
  message.detached_ = true;
  return message;
}

bool Message::valid() const {
  if (released()) return false;
  return !in_place() || consumer_of(consumer_).still_valid(facts_.position);
}

void Message::release() {
  if (released()) return;
  Consumer& consumer = consumer_of(consumer_);
  owner_ = nb::object();
  in_ring_ = false;
  if (std::exchange(borrowed_, false)) {
    consumer.give_back(facts_.position);
  }
  if (!detached_) consumer.acknowledge(facts_.position);
}

void Message::leave(nb::handle exception) {
  if (exception.is_none()) release();
}

}  // namespace ringmain::python
