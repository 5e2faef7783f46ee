// What Python sees of the producer. The class that users have, in ringmain/producer.py, is made of it.
// SPDX-License-Identifier: MIT
#include <nanobind/stl/string.h>

#include "claim.hpp"
#include "failure.hpp"
#include "producer.hpp"
#include "waiting.hpp"

namespace ringmain::python {

namespace {

// Makes the ring; or takes over the one of a producer that is gone, if somebody still uses it; or else replaces that one.
ringmain::Producer create_or_succeed(const std::string& name, const RingOptions& options) {
  constexpr int kAttempts = 100;  // others may do the same
  for (int attempt = 1;; ++attempt) {
    try {
      return ringmain::Producer::create(name, options);
    } catch (const Error& error) {
      if (error.status() != Status::kExists || attempt == kAttempts) throw;
    }
    try {
      if (collect(name, options.directory) == Keeper::kNobody) continue;
      return ringmain::Producer::open(name, {.directory = options.directory, .spin = options.spin});
    } catch (const Error& error) {
      if (error.status() != Status::kNotFound || attempt == kAttempts) throw;
    }
  }
}

void check_same(const ringmain::Producer& producer, const std::string& name, const RingOptions& options, bool given) {
  if (!given || producer.capacity() == options.capacity) return;
  throw Error(Status::kExists, "ring '" + name + "' is in use with a capacity of " +
                                   std::to_string(producer.capacity()) + " bytes, not " +
                                   std::to_string(options.capacity) +
                                   ": leave the capacity out to go on with it, or remove it first");
}

void init(Producer* self, const std::string& name, const std::string& directory, std::size_t capacity, bool given,
          const std::string& policy, nb::handle evict_after, mode_t mode, const std::string& group, bool keep,
          nb::handle spin, bool full_fences) {
  RingOptions options;
  options.directory = directory;
  options.capacity = capacity;
  if (policy != "wait" && policy != "overwrite") {
    raise(PyExc_ValueError, "policy: 'wait' or 'overwrite', not '" + policy + "'");
  }
  options.policy = policy == "wait" ? Policy::kWait : Policy::kOverwrite;
  if (!evict_after.is_none()) options.evict_after = nanoseconds_of(evict_after);
  options.mode = mode;
  options.group = group;
  options.keep = keep;
  options.spin = nanoseconds_of(spin);
  options.full_fences = full_fences;
  ringmain::Producer producer = create_or_succeed(name, options);
  try {
    check_same(producer, name, options, given);
  } catch (...) {
    producer.abandon();  // closing would end the stream of those who wait
    throw;
  }
  new (self) Producer(std::move(producer), {.spins = options.spin.count() > 0});
}

}  // namespace

void bind_producer(nb::module_& module) {
  nb::class_<Producer>(module, "Producer", "The part of ringmain.Producer that is compiled.")
      .def("__init__", &init, "name"_a, "directory"_a, "capacity"_a, "capacity_given"_a, "policy"_a,
           "evict_after"_a.none(), "mode"_a, "group"_a, "keep"_a, "spin"_a.none(), "full_fences"_a)
      .def(
          "send",
          [](Producer& self, nb::handle object, std::uint16_t type, nb::handle timeout) {
            self.send(object, type, timeout, nb::none());
          },
          "obj"_a.none(), nb::kw_only(), "type"_a = 0, "timeout"_a.none() = nb::none(),
          nb::sig("def send(self, obj: typing.Any, *, type: int = 0, timeout: float | None = None) -> None"),
          R"(Sends an object.

bytes, bytearray and memoryview arrive as bytes; str, int, float, bool and None as they are; arrays (the class numpy.ndarray)
with dtype, shape and order; everything else is pickled, large buffers within it (arrays in a dict) beside the pickle. Each is
copied once, into the ring (an array that is not contiguous, twice). `type` (below 0xFF00) goes with bytes, for consumers in
C++. Waits for room for `timeout` seconds (None: for ever). Raises TimeoutError, MessageTooLarge, LeaseLost, BrokenPipeError
(the ring was removed), and what pickling raises; whatever raises has sent nothing.)")
      .def("try_send", &Producer::try_send, "obj"_a.none(), nb::kw_only(), "type"_a = 0,
           nb::sig("def try_send(self, obj: typing.Any, *, type: int = 0) -> bool"),
           "Sends an object if there is room for it now; False: there isn't. Raises as send() does.")
      .def("send_many", &Producer::send_many, "objs"_a, nb::kw_only(), "timeout"_a.none() = nb::none(),
           nb::sig("def send_many(self, objs: collections.abc.Iterable[typing.Any], *, timeout: float | None = None) "
                   "-> int"),
           R"(Sends objects that consumers see all at once, or, if it raises, none of them; returns how many.

Together they take at most half the capacity; each counts with 16 bytes more, rounded up to 64. Else as send().)")
      .def(
          "claim",
          [](Self<Producer> self, nb::handle shape, nb::handle dtype, const std::string& order, nb::handle timeout) {
            return Claim::of_array(self.h, shape, dtype, order.size() == 1 ? order[0] : '\0', timeout);
          },
          "shape"_a, "dtype"_a = "u1", nb::kw_only(), "order"_a = "C", "timeout"_a.none() = nb::none(),
          nb::sig("def claim(self, shape: int | collections.abc.Iterable[int], dtype: typing.Any = 'u1', *, order: str "
                  "= 'C', "
                  "timeout: float | None = None) -> Claim"),
          R"(Room for an array, to be filled in place: `with producer.claim(shape, dtype) as array: ...`.

`shape` in elements. The array holds old bytes of the ring at first. Waits for room as send() does, and raises so.)")
      .def(
          "claim_bytes",
          [](Self<Producer> self, std::size_t size, std::uint16_t type, nb::handle timeout) {
            return Claim::of_bytes(self.h, size, type, timeout);
          },
          "size"_a, nb::kw_only(), "type"_a = 0, "timeout"_a.none() = nb::none(),
          nb::sig("def claim_bytes(self, size: int, *, type: int = 0, timeout: float | None = None) -> Claim"),
          "The same for `size` bytes, as a memoryview.")
      .def("wait_for_consumers", &Producer::wait_for_consumers, "n"_a = 1, "timeout"_a.none() = nb::none(),
           nb::sig("def wait_for_consumers(self, n: int = 1, timeout: float | None = None) -> None"),
           R"(Waits until `n` consumers are there (a group counts as one), so that the first message misses none.

Raises TimeoutError after `timeout` seconds (None: never).)")
      .def("_close", &Producer::close, "removing"_a)
      .def("_abandon", &Producer::abandon)
      .def_prop_ro("position", &Producer::position, "Of the next message, in bytes since the birth of the ring.")
      .def_prop_ro("capacity", &Producer::capacity, "Of the ring, in bytes.")
      .def_prop_ro("max_message", &Producer::max_message, "The longest message, in bytes: capacity / 2 - 16.")
      .def_prop_ro("kept", &Producer::kept, "The ring outlives its producers (keep=True).")
      .def_prop_ro("closed", &Producer::closed, "It was closed or abandoned.");
}

}  // namespace ringmain::python
