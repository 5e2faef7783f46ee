// SPDX-License-Identifier: MIT
#include "encode.hpp"

#include <algorithm>

#include "failure.hpp"

namespace ringmain::python {

Encoded::Encoded(nb::handle object, std::uint16_t type, const char* dumps) {
  if (type >= kFirstReserved) raise(PyExc_ValueError, "type: from 0xFF00 on they are Ringmain's own");
  if (take_fast(object, type)) return;
  if (type != 0) {
    if (!take_buffer(object, type))
      raise(PyExc_TypeError, "type: only bytes have one; everything else says what it is");
    return;
  }
  if (take_array(object) || take_buffer(object, type)) return;
  take_pickle(object, dumps);
}

Encoded::~Encoded() {
  for (Py_buffer& buffer : held_) PyBuffer_Release(&buffer);
}

// What is neither an array nor needs pickling; the very types: a subclass means more than its value.
bool Encoded::take_fast(nb::handle object, std::uint16_t type) {
  PyObject* const given = object.ptr();
  if (PyBytes_CheckExact(given)) {
    char* data = nullptr;
    Py_ssize_t size = 0;
    PyBytes_AsStringAndSize(given, &data, &size);
    owner_ = nb::borrow(object);
    take_whole(type, {reinterpret_cast<const std::byte*>(data), static_cast<std::size_t>(size)});
    return true;
  }
  if (type != 0) return false;
  if (PyUnicode_CheckExact(given)) {
    Py_ssize_t size = 0;
    const char* const text = PyUnicode_AsUTF8AndSize(given, &size);
    if (text == nullptr) {  // a lone surrogate: pickle can do that
      PyErr_Clear();
      return false;
    }
    owner_ = nb::borrow(object);
    take_whole(kText, {reinterpret_cast<const std::byte*>(text), static_cast<std::size_t>(size)});
    return true;
  }
  if (given == Py_None) {
    take_whole(kNone, {});
  } else if (PyBool_Check(given)) {
    take_value(kBool, static_cast<std::uint8_t>(given == Py_True ? 1 : 0));
  } else if (PyFloat_CheckExact(given)) {
    take_value(kFloat, PyFloat_AsDouble(given));
  } else if (PyLong_CheckExact(given)) {
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(given, &overflow);
    if (overflow != 0) return false;
    take_value(kInteger, static_cast<std::int64_t>(value));
  } else {
    return false;
  }
  return true;
}

bool Encoded::take_array(nb::handle object) {
  if (!is_plain_array(object)) return false;
  const DtypeText& dtype = text_of(object.attr("dtype"));
  if (!dtype.portable) return false;
  const Elements& elements = elements_.emplace(object);
  const ArrayHeader header{elements.order(), dtype.form, dtype.text, elements.shape()};
  head_.resize(header.elements_at());
  header.write(head_.data());
  type_ = kArray;
  size_ = head_.size() + elements.bytes().size();
  pieces_ = {{0, head_}, {head_.size(), elements.bytes()}};
  return true;
}

// bytearray and memoryview arrive as bytes; other exporters of buffers are pickled, which keeps what they are.
bool Encoded::take_buffer(nb::handle object, std::uint16_t type) {
  if (!PyByteArray_CheckExact(object.ptr()) && !PyMemoryView_Check(object.ptr())) return false;
  hold(object, PyBUF_SIMPLE);
  take_whole(type, {static_cast<const std::byte*>(held_.back().buf), static_cast<std::size_t>(held_.back().len)});
  return true;
}

void Encoded::take_pickle(nb::handle object, const char* dumps) {
  const auto pickled = nb::borrow<nb::tuple>(nb::module_::import_("ringmain._pickling").attr(dumps)(object));
  owner_ = pickled[0];
  hold(owner_, PyBUF_SIMPLE);
  for (const nb::handle buffer : nb::borrow<nb::list>(nb::object(pickled[1]))) hold(buffer, PyBUF_SIMPLE);
  std::vector<std::size_t> sizes;
  for (auto buffer = held_.begin() + 1; buffer != held_.end(); ++buffer) {
    sizes.push_back(static_cast<std::size_t>(buffer->len));
  }
  const auto bytes_of_held = [&](std::size_t i) {
    return std::span(static_cast<const std::byte*>(held_[i].buf), static_cast<std::size_t>(held_[i].len));
  };
  const PickleLayout layout = lay_out_pickle(bytes_of_held(0).size(), sizes);
  head_.resize(layout.pickle.at);
  write_pickle_header(head_.data(), layout);
  pieces_ = {{0, head_}, {layout.pickle.at, bytes_of_held(0)}};
  for (std::size_t i = 0; i < sizes.size(); ++i) pieces_.push_back({layout.buffers[i].at, bytes_of_held(i + 1)});
  type_ = kPickle;
  size_ = layout.total;
}

void Encoded::hold(nb::handle object, int flags) {
  Py_buffer buffer;
  if (PyObject_GetBuffer(object.ptr(), &buffer, flags) != 0) throw nb::python_error();
  held_.push_back(buffer);
}

void Encoded::write(std::byte* to, std::size_t from, std::size_t count) const {
  if (is_whole()) return copy_bytes(to, whole_.subspan(from, count));
  const std::size_t end = from + count;
  std::size_t at = from;  // written so far
  for (const Piece& piece : pieces_) {
    const std::size_t first = std::max(piece.at, from);
    const std::size_t last = std::min(piece.at + piece.bytes.size(), end);
    if (first >= last) continue;
    std::fill(to + (at - from), to + (first - from), std::byte{0});
    copy_bytes(to + (first - from), piece.bytes.subspan(first - piece.at, last - first));
    at = last;
  }
  std::fill(to + (at - from), to + count, std::byte{0});
}

}  // namespace ringmain::python
