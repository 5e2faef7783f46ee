// Statuses and errors as Python's exceptions. Which exception stands for which status is said in ringmain/_errors.py.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

#include "python.hpp"

namespace ringmain::python {

// Throws the exception that stands for the status. The caller holds the GIL.
[[noreturn]] void raise(Status status, const std::string& message, int system_error = 0);

// Throws an exception of ringmain/_errors.py, by its name, made of one argument.
[[noreturn]] void raise_ours(const char* name, nb::handle argument);
[[noreturn]] void raise_ours(const char* name, const std::string& message);

// Throws a builtin exception.
[[noreturn]] void raise(PyObject* type, const std::string& message);

// Sets Python's error, as raise() would.
void set_error(const Error& error);

// What Python has raised goes on; but if it is an `expected`, the exception that stands for the status takes its place.
[[noreturn]] void raise_instead(PyObject* expected, Status status, const std::string& message);

// A whole number of 0 or more, of whatever type. Raises TypeError, and ValueError, which begins with `name`.
std::uint64_t whole_number(nb::handle given, const char* name);

// From now on a ringmain::Error that leaves a function of the module arrives in Python as such an exception.
void translate_errors();

}  // namespace ringmain::python
