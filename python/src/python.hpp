// What every file of the module takes from nanobind, and the names that it has for it.
// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

#include <new>
#include <utility>

#include "ringmain/error.hpp"

namespace ringmain::python {

namespace nb = nanobind;
using namespace nanobind::literals;  // "name"_a

// A new Python object of a bound class, made in place. (nb::cast() looks the class up, and moves.)
template <class T, class... Arguments>
nb::object make(Arguments&&... arguments) {
  static const nb::handle type = nb::type<T>();
  nb::object object = nb::inst_alloc(type);
  new (nb::inst_ptr<T>(object)) T(std::forward<Arguments>(arguments)...);
  nb::inst_mark_ready(object);
  return object;
}

// The object of a method. As a bare handle it could be anything: nanobind looks at what it has to convert.
template <class T>
using Self = nb::pointer_and_handle<T>;

}  // namespace ringmain::python
