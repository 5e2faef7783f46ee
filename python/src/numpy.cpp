// SPDX-License-Identifier: MIT
#include "numpy.hpp"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "failure.hpp"

namespace ringmain::python {

namespace {

// What was looked up, for the life of the interpreter.
struct Numpy {
  nb::object ndarray;
  nb::object describe;  // of ringmain._arrays
  nb::object parse;
  struct Described {
    nb::object dtype;  // holds what the key points to
    DtypeText text;
  };
  std::unordered_map<PyObject*, Described> described;
  struct Parsed {
    nb::object dtype;
    std::size_t itemsize;
  };
  std::unordered_map<std::string, Parsed> parsed;
};

// More than any program has; who makes new ones for ever gets no leak.
constexpr std::size_t kMostDtypes = 1024;

Numpy* cache = nullptr;

Numpy& numpy() {
  if (cache == nullptr) {
    const nb::module_ arrays = nb::module_::import_("ringmain._arrays");
    cache = new Numpy{arrays.attr("ndarray"), arrays.attr("describe"), arrays.attr("parse"), {}, {}};
  }
  return *cache;
}

const Numpy::Parsed& parsed(const ParsedArrayHeader& header) {
  Numpy& np = numpy();
  std::string key(1, static_cast<char>(header.dtype_form));
  key += header.dtype;
  if (const auto found = np.parsed.find(key); found != np.parsed.end()) return found->second;
  if (np.parsed.size() >= kMostDtypes) np.parsed.clear();
  const nb::bytes text(header.dtype.data(), header.dtype.size());
  nb::object dtype = np.parse(header.dtype_form, text);  // raises BadRing
  const auto itemsize = nb::cast<std::size_t>(dtype.attr("itemsize"));
  return np.parsed.emplace(std::move(key), Numpy::Parsed{std::move(dtype), itemsize}).first->second;
}

nb::object tuple_of(std::span<const std::uint64_t> shape) {
  nb::object tuple = nb::steal(PyTuple_New(static_cast<Py_ssize_t>(shape.size())));
  for (std::size_t i = 0; i < shape.size(); ++i) {
    PyTuple_SetItem(tuple.ptr(), static_cast<Py_ssize_t>(i), PyLong_FromUnsignedLongLong(shape[i]));
  }
  return tuple;
}

}  // namespace

bool is_plain_array(nb::handle object) {
  static PyTypeObject* ndarray = nullptr;
  PyTypeObject* const type = Py_TYPE(object.ptr());
  if (ndarray == nullptr) {
    // Who has no NumPy yet can't have an array.
    const nb::object modules = nb::module_::import_("sys").attr("modules");
    if (!nb::cast<bool>(modules.attr("__contains__")("numpy"))) return false;
    ndarray = reinterpret_cast<PyTypeObject*>(numpy().ndarray.ptr());
  }
  return type == ndarray;
}

const DtypeText& text_of(nb::handle dtype) {
  Numpy& np = numpy();
  if (const auto found = np.described.find(dtype.ptr()); found != np.described.end()) return found->second.text;
  if (np.described.size() >= kMostDtypes) np.described.clear();
  const nb::object answer = np.describe(dtype);
  DtypeText text;
  text.itemsize = nb::cast<std::size_t>(dtype.attr("itemsize"));
  if (!answer.is_none()) {
    text.portable = true;
    text.form = static_cast<std::uint8_t>(nb::cast<int>(nb::object(answer[0])));
    const auto written = nb::borrow<nb::bytes>(nb::object(answer[1]));
    text.text.assign(written.c_str(), written.size());
  }
  return np.described.emplace(dtype.ptr(), Numpy::Described{nb::borrow(dtype), std::move(text)}).first->second.text;
}

nb::object dtype_from(nb::handle given) { return nb::module_::import_("ringmain._arrays").attr("dtype")(given); }

bool ArrayShape::describes(std::span<const std::byte> payload) const noexcept {
  return payload.size() == size_ && !header_.empty() &&
         std::memcmp(payload.data(), header_.data(), header_.size()) == 0;
}

// Of a copy of its bytes: in the ring they might change meanwhile, and what is remembered would be of two headers.
ArrayShape::ArrayShape(std::span<const std::byte> payload)
    : header_(reinterpret_cast<const char*>(payload.data()), std::min(payload.size(), kLongestArrayHeader)),
      size_(payload.size()) {
  const auto header = parse_array_header(std::as_bytes(std::span(header_)));
  if (!header) raise(Status::kCorrupt, "an array whose header makes no sense");
  const Numpy::Parsed dtype = parsed(*header);
  const auto bytes = bytes_of(header->shape, dtype.itemsize);
  if (!bytes || *bytes != size_ - header->elements_at) {
    raise(Status::kCorrupt, "an array whose header doesn't fit its bytes");
  }
  shape_ = tuple_of(header->shape);
  dtype_ = dtype.dtype;
  offset_ = nb::int_(header->elements_at);
  order_ = header->order;
  header_.resize(header->elements_at);
}

const ArrayShape& ArrayShapes::of(std::span<const std::byte> payload) {
  for (const ArrayShape& shape : known_) {
    if (shape.describes(payload)) return shape;
  }
  ArrayShape& next = known_[oldest_];
  next = ArrayShape(payload);
  oldest_ = (oldest_ + 1) % known_.size();
  return next;
}

nb::object ArrayShape::over(nb::handle exporter) const {
  const nb::object shape = shape_;  // to be kept, should another thread put another header here meanwhile
  const nb::object dtype = dtype_;
  const nb::object offset = offset_;
  if (order_ == 'F') return numpy().ndarray(shape, dtype, exporter, offset, nb::none(), "F");
  PyObject* const arguments[] = {shape.ptr(), dtype.ptr(), exporter.ptr(), offset.ptr()};
  nb::object array = nb::steal(PyObject_Vectorcall(numpy().ndarray.ptr(), arguments, std::size(arguments), nullptr));
  if (!array.is_valid()) throw nb::python_error();
  return array;
}

Elements::Elements(nb::handle array) : array_(nb::borrow(array)) {
  if (export_buffer()) return;
  PyErr_Clear();  // a dtype without a buffer format, as datetime64 is
  ask_interface();
}

Elements::~Elements() {
  if (view_.obj != nullptr) PyBuffer_Release(&view_);
}

bool Elements::export_buffer() {
  if (PyObject_GetBuffer(array_.ptr(), &view_, PyBUF_STRIDES) != 0) return false;
  if (PyBuffer_IsContiguous(&view_, 'C') == 0 && PyBuffer_IsContiguous(&view_, 'F') == 0) {
    PyBuffer_Release(&view_);
    array_ = nb::module_::import_("ringmain._arrays").attr("contiguous")(array_);
    if (PyObject_GetBuffer(array_.ptr(), &view_, PyBUF_STRIDES) != 0) return false;
  }
  order_ = PyBuffer_IsContiguous(&view_, 'C') != 0 ? 'C' : 'F';
  bytes_ = {static_cast<const std::byte*>(view_.buf), static_cast<std::size_t>(view_.len)};
  dimensions_ = static_cast<std::size_t>(view_.ndim);
  for (std::size_t i = 0; i < dimensions_; ++i) shape_[i] = static_cast<std::uint64_t>(view_.shape[i]);
  return true;
}

void Elements::ask_interface() {
  const nb::object answer = nb::module_::import_("ringmain._arrays").attr("elements")(array_);
  array_ = answer[0];
  order_ = nb::cast<bool>(nb::object(answer[1])) ? 'C' : 'F';
  const auto address = nb::cast<std::uintptr_t>(nb::object(answer[2]));
  // NumPy tells the address as a number.
  bytes_ = {reinterpret_cast<const std::byte*>(address),  // NOLINT(performance-no-int-to-ptr)
            nb::cast<std::size_t>(array_.attr("nbytes"))};
  for (const nb::handle extent : nb::borrow<nb::tuple>(array_.attr("shape"))) {
    shape_[dimensions_++] = nb::cast<std::uint64_t>(extent);
  }
}

void forget_numpy() noexcept { delete std::exchange(cache, nullptr); }

}  // namespace ringmain::python
