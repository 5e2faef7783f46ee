// SPDX-License-Identifier: MIT
#include "message.hpp"

#include <nanobind/stl/string.h>

#include <cstring>

#include "consumer.hpp"
#include "failure.hpp"
#include "numpy.hpp"

namespace ringmain::python {

Message::Message(Message&& other) noexcept
    : consumer_(std::move(other.consumer_)), owner_(std::move(other.owner_)), bytes_(other.bytes_),
      facts_(other.facts_), borrowed_(std::exchange(other.borrowed_, false)),
      in_ring_(std::exchange(other.in_ring_, false)) {}

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
    owner_ = make<Memory>(consumer_, consumer_of(consumer_), facts_.position, bytes, /*writable=*/false);
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
  ArrayShape& shape = consumer_of(consumer_).array_shape();
  shape.describe(bytes_);
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
    Message kept = copy();
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

Message Message::copy() {
  require_bytes();
  nb::object memory = make<Memory>(bytes_.size());
  Memory& target = *nb::inst_ptr<Memory>(memory);
  copy_bytes(target.bytes().data(), bytes_);
  target.make_read_only();
  const std::span<const std::byte> copied = target.bytes();
  return Message(consumer_, std::move(memory), copied, facts_);
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
  consumer.acknowledge(facts_.position);
}

void Message::leave(nb::handle exception) {
  if (exception.is_none()) release();
}

namespace {

int get_buffer(PyObject* self, Py_buffer* view, int flags) noexcept {
  view->obj = nullptr;
  try {
    if (!nb::inst_ready(self)) raise(PyExc_BufferError, "no message that was received");
    Message& message = *nb::inst_ptr<Message>(self);
    const bool is_array = message.facts().type == kArray;
    const nb::object exporter = is_array ? message.array() : message.exporter();
    return PyObject_GetBuffer(exporter.ptr(), view, flags);
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_BufferError, error.what());
  }
  return -1;
}

// Never called: buffers belong to the exporter. But whoever finds none, as numpy.frombuffer() does, takes it that the bytes
// live as long as the message, rather than as the buffer; and a message can be given back.
void release_buffer(PyObject*, Py_buffer*) noexcept {}

const PyType_Slot kSlots[] = {{Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)},
                              {Py_bf_releasebuffer, reinterpret_cast<void*>(release_buffer)},
                              {0, nullptr}};

nb::object dlpack(Message& self, nb::kwargs options) { return self.array().attr("__dlpack__")(**options); }

}  // namespace

void bind_message(nb::module_& module) {
  nb::class_<Message>(module, "Message", nb::type_slots(kSlots), nb::is_final(), R"(A received message.

Made by Consumer.recv() and its like. Its bytes lie in the ring, where the producer wrote them, and stay there as long as
this object or any view of it lives: arrays, memoryviews, what was unpickled over them. Small messages (up to 1 KiB), those
of rings that overwrite, and those of groups are private copies instead.)")
      .def_prop_ro("obj", &Message::object, nb::sig("def obj(self) -> typing.Any"),
                   R"(What was sent: bytes, str, int, float, bool, None, an array (as `array`), or any object.

Arrays in it are read-only and in place. Raises PickleRefused for a pickled object where those aren't taken, BadRing for
what no producer sends, ValueError when the message was given back.)")
      .def_prop_ro("array", &Message::array, nb::sig("def array(self) -> numpy.typing.NDArray[typing.Any]"),
                   R"(The array that was sent, read-only and in place, with its dtype, shape and order.

A new array object each time, in constant time. Raises TypeError for what isn't an array.)")
      .def_prop_ro(
          "type", [](const Message& m) { return m.facts().type; },
          "The type given to send(); from 0xFF00 on, how an object is written.")
      .def_prop_ro(
          "position", [](const Message& m) { return m.facts().position; },
          "Where it begins, in bytes since the birth of the ring: larger for each message.")
      .def_prop_ro(
          "lost", [](const Message& m) { return m.facts().lost; },
          "How many messages were overwritten just before this one.")
      .def_prop_ro(
          "redelivered", [](const Message& m) { return m.facts().redelivered; },
          "A member of the group that died had it before, and may have worked on it.")
      .def_prop_ro("nbytes", &Message::size, "Length of the payload, in bytes.")
      .def_prop_ro("released", &Message::released, "It was given back; nothing is left of it here.")
      .def_prop_ro("in_place", &Message::in_place, "Its bytes lie in the ring.")
      .def_prop_ro("valid", &Message::valid,
                   R"(It wasn't overwritten until now. To be asked after the last use, on a ring that overwrites or may
evict, where messages are received in place (copy=False); everywhere else it is True.)")
      .def("copy", &Message::copy, "A message with private bytes, which holds nothing of the ring.")
      .def("release", &Message::release,
           R"(Gives it back now: at once if no view of it is left, else with the last one. In a group: it is done, and
nobody receives it again. May be repeated.)")
      .def(
          "__enter__", [](nb::handle self) { return nb::borrow(self); }, nb::sig("def __enter__(self) -> Message"))
      .def(
          "__exit__", [](Message& m, nb::handle kind, nb::handle, nb::handle) { m.leave(kind); }, "kind"_a.none(),
          "error"_a.none(), "trace"_a.none())
      .def("__len__", &Message::size)
      .def("__bytes__", &Message::bytes)
      .def("__dlpack__", &dlpack)
      .def(
          "__dlpack_device__", [](Message&) { return nb::make_tuple(1, 0); },
          nb::sig("def __dlpack_device__(self) -> tuple[int, int]"))
      .def("__repr__", [](const Message& m) {
        return "<ringmain.Message at " + std::to_string(m.facts().position) + ", " + std::to_string(m.size()) +
               " bytes" +
               (m.released()   ? ", given back>"
                : m.in_place() ? ", in place>"
                               : ">");
      });
}

}  // namespace ringmain::python
