// What every file of the module takes from nanobind, and the names that it has for it.
// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

#include "ringmain/error.hpp"

namespace ringmain::python {

namespace nb = nanobind;
using namespace nanobind::literals;  // "name"_a

}  // namespace ringmain::python
