// The methods that are called for each message, as the interpreter calls its own: nanobind's matching of arguments takes 20
// to 35 ns more, a third of what sending or receiving takes in all.
// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/stl/string.h>

#include <array>
#include <exception>
#include <new>
#include <string_view>

#include "failure.hpp"

namespace ringmain::python {

// The arguments of one call: positional or by name, each at most once. Null: not given.
template <std::size_t N>
struct Given {
  std::array<PyObject*, N> values{};
  PyObject* operator[](std::size_t i) const noexcept { return values[i]; }
};

// Of a METH_FASTCALL | METH_KEYWORDS method. The first `positional` of `names` may come without their name; the first
// `required` must come. Raises TypeError.
template <std::size_t N>
Given<N> arguments(const char* method, const std::array<const char*, N>& names, std::size_t positional,
                   std::size_t required, PyObject* const* values, Py_ssize_t count, PyObject* keywords) {
  Given<N> given;
  const auto places = static_cast<std::size_t>(count);
  if (places > positional) {
    raise(PyExc_TypeError, std::string(method) + "() takes at most " + std::to_string(positional) +
                               " positional arguments, not " + std::to_string(places));
  }
  for (std::size_t i = 0; i < places; ++i) given.values[i] = values[i];
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_Size(keywords);
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* const name = PyTuple_GetItem(keywords, i);
    std::size_t at = 0;
    while (at < N && PyUnicode_CompareWithASCIIString(name, names[at]) != 0) ++at;
    if (at == N || given.values[at] != nullptr) {
      raise(PyExc_TypeError, std::string(method) + "(): an unexpected or repeated argument '" +
                                 nb::cast<std::string>(nb::handle(name)) + "'");
    }
    given.values[at] = values[count + i];
  }
  for (std::size_t i = 0; i < required; ++i) {
    if (given.values[i] == nullptr) {
      raise(PyExc_TypeError, std::string(method) + "(): the argument '" + names[i] + "' is missing");
    }
  }
  return given;
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

using FastCall = PyObject* (*)(PyObject* self, PyObject* const* values, Py_ssize_t count, PyObject* keywords);

inline PyMethodDef fast_method(const char* name, FastCall call, const char* doc) noexcept {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(call)), METH_FASTCALL | METH_KEYWORDS, doc};
}

}  // namespace ringmain::python
