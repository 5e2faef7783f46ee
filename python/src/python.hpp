// What every file of the module takes from nanobind, and the names that it has for it.
// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

#include "ringmain/error.hpp"

namespace ringmain::python {

namespace nb = nanobind;
using namespace nanobind::literals;  // "name"_a

// The object of a method. As a bare handle it could be anything: nanobind looks at what it has to convert.
template <class T>
using Self = nb::pointer_and_handle<T>;

}  // namespace ringmain::python
