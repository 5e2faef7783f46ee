// Objects of which one is made for each message. Their classes aren't nanobind's, who keeps account of each object in a
// table, but of the interpreter's own kind: that saves a tenth of the time to send and receive a short message.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <utility>

#include "python.hpp"

namespace ringmain::python {

// A Python object that holds a T, which has no constructor in Python. One class for each T.
template <class T>
class Plain {
 public:
  static T& of(nb::handle object) noexcept {
    return *std::launder(reinterpret_cast<T*>(reinterpret_cast<Object*>(object.ptr())->held.data()));
  }

  template <class... Arguments>
  static nb::object make(Arguments&&... arguments) {
    T value(std::forward<Arguments>(arguments)...);  // may throw, before there is an object
    nb::object object = nb::steal(PyType_GenericAlloc(type, 0));
    if (!object.is_valid()) throw nb::python_error();
    new (reinterpret_cast<Object*>(object.ptr())->held.data()) T(std::move(value));
    return object;
  }

  // Makes the class, `name` in `module`. `slots` has room for one more before its end.
  template <std::size_t N>
  static void bind(nb::module_& module, const char* name, std::array<PyType_Slot, N>& slots) {
    slots[N - 2] = {Py_tp_dealloc, reinterpret_cast<void*>(destroy)};
    PyType_Spec spec{name, sizeof(Object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots.data()};
    const nb::object made = nb::steal(PyType_FromModuleAndSpec(module.ptr(), &spec, nullptr));
    if (!made.is_valid()) throw nb::python_error();
    type = reinterpret_cast<PyTypeObject*>(nb::object(made).release().ptr());
    module.attr(made.attr("__name__")) = made;
  }

 private:
  struct Object {
    PyObject_HEAD alignas(T) std::array<std::byte, sizeof(T)> held;
  };

  static void destroy(PyObject* self) noexcept {
    PyTypeObject* const its_type = Py_TYPE(self);
    of(self).~T();
    PyObject_Free(self);
    Py_DECREF(its_type);
  }

  static inline PyTypeObject* type = nullptr;
};

}  // namespace ringmain::python
