// SPDX-License-Identifier: MIT
#include "claim.hpp"

#include <vector>

#include "failure.hpp"
#include "numpy.hpp"

namespace ringmain::python {

namespace {

std::vector<std::uint64_t> extents(nb::handle shape) {
  if (PyIndex_Check(shape.ptr()) && PySequence_Check(shape.ptr()) == 0) return {whole_number(shape, "shape")};
  std::vector<std::uint64_t> result;
  for (const nb::handle extent : nb::iter(shape)) result.push_back(whole_number(extent, "shape"));
  if (result.size() > ArrayHeader::kMaxDimensions) raise(PyExc_ValueError, "shape: at most 64 dimensions");
  return result;
}

}  // namespace

nb::object Claim::memory_of(nb::handle producer, std::span<std::byte> bytes) {
  Producer& owner = producer_of(producer);
  ++owner.in_use_;
  return Plain<Memory>::make(nb::borrow(producer), owner, std::uint64_t{0}, bytes, /*writable=*/true);
}

Claim Claim::of_array(nb::handle producer, nb::handle shape, nb::handle dtype, char order, nb::handle timeout) {
  if (order != 'C' && order != 'F') raise(PyExc_ValueError, "order: 'C' or 'F'");
  const std::vector<std::uint64_t> dimensions = extents(shape);
  const DtypeText& written = text_of(dtype_from(dtype));
  if (!written.portable) raise(PyExc_TypeError, "dtype: its elements are no bytes that another process could read");
  const auto bytes = bytes_of(dimensions, written.itemsize);
  if (!bytes) raise(PyExc_ValueError, "shape: no array can be so large");
  const ArrayHeader header{order, written.form, written.text, dimensions};
  Producer& me = producer_of(producer);
  const Turn turn(me);
  me.check();
  ringmain::Claim room = me.claim(header.elements_at() + *bytes, timeout, nb::none());
  header.write(room.bytes().data());
  nb::object memory = memory_of(producer, room.bytes());
  nb::object array = me.array_shapes_.of(room.bytes()).over(memory);
  return Claim(nb::borrow(producer), std::move(room), std::move(memory), std::move(array), kArray);
}

Claim Claim::of_bytes(nb::handle producer, std::size_t size, std::uint16_t type, nb::handle timeout) {
  if (type >= kFirstReserved) raise(PyExc_ValueError, "type: from 0xFF00 on they are Ringmain's own");
  Producer& me = producer_of(producer);
  const Turn turn(me);
  me.check();
  ringmain::Claim room = me.claim(size, timeout, nb::none());
  nb::object memory = memory_of(producer, room.bytes());
  nb::object view = view_of(memory, 0, size);
  return Claim(nb::borrow(producer), std::move(room), std::move(memory), std::move(view), type);
}

const nb::object& Claim::written() const {
  if (!open()) raise(PyExc_ValueError, "this claim was committed or aborted");
  return written_;
}

void Claim::commit() {
  written();
  Producer& me = producer_of(producer_);
  const Turn turn(me);
  if (me.closed()) {
    abort();
    raise(PyExc_ValueError, "this producer is closed, so what was claimed from it is not published");
  }
  room_.commit(type_);
  end();
}

void Claim::abort() noexcept {
  if (!open()) return;
  room_.abort();
  end();
}

// What was written is the consumers' now, or nobody's: at least this array writes no more.
void Claim::end() noexcept {
  producer_of(producer_).claimed_ = false;
  try {
    if (type_ == kArray) {
      written_.attr("setflags")(nb::handle(Py_False));  // write=
    } else {
      written_.attr("release")();
    }
  } catch (nb::python_error& error) {  // a view of the view is alive
    error.discard_as_unraisable("leaving a claim");
  }
  Plain<Memory>::of(memory_).make_read_only();  // for views to come
  memory_ = nb::object();
  written_ = nb::object();
}

void Claim::leave(nb::handle exception) {
  if (!exception.is_none()) return abort();
  if (open()) commit();
}

void bind_claim(nb::module_& module) {
  nb::class_<Claim>(module, "Claim", nb::is_final(), R"(Room in the ring for one message, written in place.

    with producer.claim((1080, 1920, 3), "u1") as frame:
        camera.read_into(frame)

Leaving the block publishes it; an exception drops it. While it is open, its producer sends nothing else.)")
      .def_prop_ro(
          "array", &Claim::written, nb::sig("def array(self) -> typing.Any"),
          R"(The writable array (of claim()) or memoryview (of claim_bytes()). Holds old bytes of the ring at first.
Not to be written to after the end of the claim: it is made read-only then, but views of it can't be.)")
      .def("commit", &Claim::commit, "Publishes it. Raises ValueError if that was done, or it was aborted.")
      .def("abort", &Claim::abort, "Drops it: nothing is published. May be repeated.")
      .def(
          "__enter__", [](const Claim& claim) { return claim.written(); }, nb::sig("def __enter__(self) -> typing.Any"))
      .def(
          "__exit__", [](Claim& claim, nb::handle kind, nb::handle, nb::handle) { claim.leave(kind); }, "kind"_a.none(),
          "error"_a.none(), "trace"_a.none());
}

}  // namespace ringmain::python
