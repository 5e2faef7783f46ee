// SPDX-License-Identifier: MIT
#include "waiting.hpp"

#include <cmath>

#include "failure.hpp"

namespace ringmain::python {

std::chrono::nanoseconds nanoseconds_of(nb::handle seconds) {
  constexpr double kLongest = 1e9;  // 31 years
  if (seconds.is_none()) return kForever;
  const double value = PyFloat_AsDouble(seconds.ptr());
  if (value == -1.0 && PyErr_Occurred() != nullptr) throw nb::python_error();
  if (std::isnan(value)) raise(PyExc_ValueError, "a time must not be NaN");
  if (value > kLongest) return kForever;
  if (value <= 0) return std::chrono::nanoseconds{0};
  return std::chrono::nanoseconds(static_cast<std::int64_t>(value * 1e9));
}

}  // namespace ringmain::python
