// SPDX-License-Identifier: MIT
#include "failure.hpp"

namespace ringmain::python {

namespace {

nb::module_ errors() { return nb::module_::import_("ringmain._errors"); }

void set(const nb::object& error) { PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(error.ptr())), error.ptr()); }

void set(Status status, const char* message, int system_error) {
  set(errors().attr("error_for")(static_cast<int>(status), message, system_error));
}

}  // namespace

void raise(Status status, const std::string& message, int system_error) {
  set(status, message.c_str(), system_error);
  throw nb::python_error();
}

void raise_ours(const char* name, nb::handle argument) {
  set(errors().attr(name)(argument));
  throw nb::python_error();
}

void raise_ours(const char* name, const std::string& message) { raise_ours(name, nb::str(message.c_str())); }

void raise(PyObject* type, const std::string& message) {
  PyErr_SetString(type, message.c_str());
  throw nb::python_error();
}

void set_error(const Error& error) { set(error.status(), error.what(), error.system_error()); }

void raise_instead(PyObject* expected, Status status, const std::string& message) {
  if (PyErr_ExceptionMatches(expected) == 0) throw nb::python_error();
  PyErr_Clear();
  raise(status, message);
}

std::uint64_t whole_number(nb::handle given, const char* name) {
  const nb::object number = nb::steal(PyNumber_Index(given.ptr()));
  if (!number) throw nb::python_error();
  const unsigned long long value = PyLong_AsUnsignedLongLong(number.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    raise(PyExc_ValueError, std::string(name) + ": no number from 0 to 2^64 - 1");
  }
  return value;
}

void translate_errors() {
  nb::register_exception_translator([](const std::exception_ptr& thrown, void*) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      set_error(error);
    }
  });
}

}  // namespace ringmain::python
