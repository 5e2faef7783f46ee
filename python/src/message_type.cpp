// What Python sees of a message.
// SPDX-License-Identifier: MIT
#include "fast_call.hpp"
#include "message.hpp"

namespace ringmain::python {

namespace {

Message& message_of(PyObject* self) noexcept { return Plain<Message>::of(self); }

// A property: what `Get` makes of the message.
template <auto Get>
PyObject* property(PyObject* self, void*) noexcept {
  return guarded([&] { return Get(message_of(self)); });
}

template <auto Call>
PyObject* method(PyObject* self, PyObject*) noexcept {
  return guarded([&] { return Call(message_of(self)); });
}

PyObject* enter(PyObject* self, PyObject*) noexcept { return nb::borrow(self).release().ptr(); }

PyObject* leave(PyObject* self, PyObject* const* values, Py_ssize_t places, PyObject* keywords) noexcept {
  constexpr Signature<3> kExit{"__exit__", {"kind", "error", "trace"}, 3, 1};
  return guarded([&] {
    message_of(self).leave(arguments(kExit, {values, places, keywords})[0]);
    return nb::none();
  });
}

PyObject* dlpack(PyObject* self, PyObject* arguments, PyObject* keywords) noexcept {
  return guarded([&] {
    const nb::object make = message_of(self).array().attr("__dlpack__");
    nb::object capsule = nb::steal(PyObject_Call(make.ptr(), arguments, keywords));
    if (!capsule) throw nb::python_error();
    return capsule;
  });
}

PyObject* represent(PyObject* self) noexcept {
  return guarded([&] {
    const Message& message = message_of(self);
    const char* const where = message.released() ? ", given back" : message.in_place() ? ", in place" : "";
    const std::string text = "<ringmain.Message at " + std::to_string(message.facts().position) + ", " +
                             std::to_string(message.size()) + " bytes" + where + ">";
    return nb::str(text.c_str());
  });
}

Py_ssize_t length(PyObject* self) noexcept { return static_cast<Py_ssize_t>(message_of(self).size()); }

int get_buffer(PyObject* self, Py_buffer* view, int flags) noexcept {
  view->obj = nullptr;
  const nb::object exporter = nb::steal(guarded([&] {
    Message& message = message_of(self);
    return message.facts().type == kArray ? message.array() : message.exporter();
  }));
  return exporter.is_valid() ? PyObject_GetBuffer(exporter.ptr(), view, flags) : -1;
}

// Never called: buffers belong to the exporter. But whoever finds none, as numpy.frombuffer() does, takes it that the
// bytes live as long as the message, rather than as the buffer; and a message can be given back.
void release_buffer(PyObject*, Py_buffer*) noexcept {}

PyGetSetDef properties[] = {
    {"obj", property<[](Message& m) { return m.object(); }>, nullptr,
     R"(What was sent: bytes, str, int, float, bool, None, an array (as `array`), or any object.

Arrays in it are read-only and in place. Raises PickleRefused for a pickled object where those aren't taken, BadRing for
what no producer sends, ValueError when the message was given back.)",
     nullptr},
    {"array", property<[](Message& m) { return m.array(); }>, nullptr,
     R"(The array that was sent, read-only and in place, with its dtype, shape and order.

A new array object each time, in constant time. Raises TypeError for what isn't an array.)",
     nullptr},
    {"type", property<[](Message& m) { return nb::int_(m.facts().type); }>, nullptr,
     "The type given to send(); from 0xFF00 on, how an object is written.", nullptr},
    {"position", property<[](Message& m) { return nb::int_(m.facts().position); }>, nullptr,
     "Where it begins, in bytes since the birth of the ring: larger for each message.", nullptr},
    {"lost", property<[](Message& m) { return nb::int_(m.facts().lost); }>, nullptr,
     "How many messages were overwritten just before this one.", nullptr},
    {"redelivered", property<[](Message& m) { return nb::bool_(m.facts().redelivered); }>, nullptr,
     "A member of the group that died had it before, and may have worked on it.", nullptr},
    {"nbytes", property<[](Message& m) { return nb::int_(m.size()); }>, nullptr, "Length of the payload, in bytes.",
     nullptr},
    {"released", property<[](Message& m) { return nb::bool_(m.released()); }>, nullptr,
     "It was given back; nothing is left of it here.", nullptr},
    {"in_place", property<[](Message& m) { return nb::bool_(m.in_place()); }>, nullptr, "Its bytes lie in the ring.",
     nullptr},
    {"valid", property<[](Message& m) { return nb::bool_(m.valid()); }>, nullptr,
     R"(It wasn't overwritten until now. To be asked after the last use, on a ring that overwrites or may
evict, where messages are received in place (copy=False); everywhere else it is True.)",
     nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMethodDef methods[] = {
    {"copy", method<[](Message& m) { return m.copy(); }>, METH_NOARGS, R"(copy($self, /)
--

A message with private bytes, which holds nothing of the ring.)"},
    {"release", method<[](Message& m) {
       m.release();
       return nb::none();
     }>,
     METH_NOARGS, R"(release($self, /)
--

Gives it back now: at once if no view of it is left, else with the last one. In a group: it is done, and
nobody receives it again. May be repeated.)"},
    {"__enter__", enter, METH_NOARGS, nullptr},
    fast_method("__exit__", leave, nullptr),
    {"__bytes__", method<[](Message& m) { return m.bytes(); }>, METH_NOARGS, nullptr},
    {"__dlpack__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(dlpack)), METH_VARARGS | METH_KEYWORDS,
     nullptr},
    {"__dlpack_device__", method<[](Message&) { return nb::make_tuple(1, 0); }>, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

constexpr const char* kDoc = R"(A received message.

Made by Consumer.recv() and its like. Its bytes lie in the ring, where the producer wrote them, and stay there as long as
this object or any view of it lives: arrays, memoryviews, what was unpickled over them. Small messages (up to 1 KiB), those
of rings that overwrite, and those of groups are private copies instead.)";

std::array<PyType_Slot, 9> type_slots{{{Py_tp_repr, reinterpret_cast<void*>(represent)},
                                       {Py_tp_methods, methods},
                                       {Py_tp_getset, properties},
                                       {Py_tp_doc, const_cast<char*>(kDoc)},
                                       {Py_sq_length, reinterpret_cast<void*>(length)},
                                       {Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)},
                                       {Py_bf_releasebuffer, reinterpret_cast<void*>(release_buffer)},
                                       {},
                                       {}}};

}  // namespace

void bind_message(nb::module_& module) { Plain<Message>::bind(module, "ringmain._core.Message", type_slots); }

}  // namespace ringmain::python
