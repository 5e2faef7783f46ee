// SPDX-License-Identifier: MIT
#include "memory.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

#include "ringmain/algorithm/layout.hpp"
#include "without_gil.hpp"

namespace ringmain::python {

namespace {

// NumPy asks for a writable buffer first, so this is on the way of every array that is received: no text is made for it.
int refuse_to_be_written(Py_buffer* view) noexcept {
  static PyObject* const text = PyUnicode_InternFromString("these bytes are read-only");
  PyErr_SetObject(PyExc_BufferError, text);
  view->obj = nullptr;
  return -1;
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) noexcept {
  const Memory& memory = Plain<Memory>::of(self);
  if (!memory.writable() && (flags & PyBUF_WRITABLE) != 0) return refuse_to_be_written(view);
  const auto bytes = memory.bytes();
  return PyBuffer_FillInfo(view, self, bytes.data(), static_cast<Py_ssize_t>(bytes.size()), memory.writable() ? 0 : 1,
                           flags);
}

constexpr const char* kDoc = "Bytes of a ring, or a private copy of them, held by what views them.";

std::array<PyType_Slot, 4> type_slots{
    {{Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)}, {Py_tp_doc, const_cast<char*>(kDoc)}, {}, {}}};

}  // namespace

Memory::Memory(std::size_t size) {
  // A payload begins behind the header of its message.
  constexpr std::size_t kHead = algorithm::kMessageHeaderBytes;
  constexpr std::size_t kMost = PTRDIFF_MAX - 2 * algorithm::kSlotBytes;
  if (size > kMost) throw std::bad_alloc();
  const std::size_t rounded =
      (kHead + size + algorithm::kSlotBytes - 1) / algorithm::kSlotBytes * algorithm::kSlotBytes;
  block_.reset(static_cast<std::byte*>(std::aligned_alloc(algorithm::kSlotBytes, rounded)));
  if (!block_) throw std::bad_alloc();
  bytes_ = {block_.get() + kHead, size};
}

void bind_memory(nb::module_& module) { Plain<Memory>::bind(module, "ringmain._core.Memory", type_slots); }

void copy_bytes(std::byte* to, std::span<const std::byte> from) {
  constexpr std::size_t kLong = std::size_t{1} << 20;  // bytes: a tenth of a millisecond
  if (from.size() < kLong) {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
    return;
  }
  const WithoutGil released;
  std::memcpy(to, from.data(), from.size());
}

nb::object view_of(nb::handle exporter, std::size_t offset, std::size_t size) {
  const nb::object whole = nb::steal(PyMemoryView_FromObject(exporter.ptr()));
  if (!whole) throw nb::python_error();
  return whole[nb::slice(static_cast<Py_ssize_t>(offset), static_cast<Py_ssize_t>(offset + size))];
}

}  // namespace ringmain::python
