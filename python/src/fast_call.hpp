// The methods that are called for each message, as the interpreter calls its own: nanobind's matching of arguments takes 20
// to 35 ns more, a third of what sending or receiving takes in all.
// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/stl/string.h>

#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "failure.hpp"

namespace ringmain::python {

// What a METH_FASTCALL | METH_KEYWORDS method is called with.
struct Call {
  PyObject* const* values;
  Py_ssize_t places;
  PyObject* keywords;
};

// The first `positional` arguments may come without their name; the first `required` must come.
template <std::size_t N>
struct Signature {
  std::string_view method;
  std::array<const char*, N> names;
  std::size_t positional;
  std::size_t required;
};

template <std::size_t N>
std::size_t place_of(PyObject* name, const Signature<N>& signature) noexcept {
  std::size_t at = 0;
  while (at < N && PyUnicode_CompareWithASCIIString(name, signature.names[at]) != 0) ++at;
  return at;
}

// The arguments of one call, in the order of the signature; null: not given. Raises TypeError.
template <std::size_t N>
std::array<PyObject*, N> arguments(const Signature<N>& signature, const Call& call) {
  const auto refuse = [&](const std::string& what) {
    raise(PyExc_TypeError, std::string(signature.method) + "(): " + what);
  };
  std::array<PyObject*, N> given{};
  const auto places = static_cast<std::size_t>(call.places);
  if (places > signature.positional) {
    refuse("at most " + std::to_string(signature.positional) + " positional arguments, not " + std::to_string(places));
  }
  std::copy_n(call.values, places, given.begin());
  const Py_ssize_t named = call.keywords == nullptr ? 0 : PyTuple_Size(call.keywords);
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* const name = PyTuple_GetItem(call.keywords, i);
    const std::size_t at = place_of(name, signature);
    if (at == N || given[at] != nullptr) {
      refuse("an unexpected or repeated argument '" + nb::cast<std::string>(nb::handle(name)) + "'");
    }
    given[at] = call.values[call.places + i];
  }
  for (std::size_t i = 0; i < signature.required; ++i) {
    if (given[i] == nullptr) refuse(std::string("the argument '") + signature.names[i] + "' is missing");
  }
  return given;
}

// The object of a method. It is of the class, but a subclass may not have called __init__().
inline nb::handle ready(PyObject* self) {
  if (!nb::inst_ready(self)) raise(PyExc_TypeError, "super().__init__() was not called");
  return self;
}

inline nb::handle or_none(PyObject* value) noexcept { return value == nullptr ? Py_None : value; }

// What call() returns, as a new reference; null, with Python's error set, if it throws. (Null without an error, too, if
// it returns none: the end of an iteration.)
template <class Call>
PyObject* guarded(Call&& call) noexcept {
  try {
    return nb::object(call()).release().ptr();
  } catch (nb::python_error& error) {
    error.restore();
  } catch (const Error& error) {
    set_error(error);
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return nullptr;
}

using FastCall = PyObject* (*)(PyObject* self, PyObject* const* values, Py_ssize_t places, PyObject* keywords);

inline PyMethodDef fast_method(const char* name, FastCall call, const char* doc) noexcept {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(call)), METH_FASTCALL | METH_KEYWORDS, doc};
}

}  // namespace ringmain::python
