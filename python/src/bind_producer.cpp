// What Python sees of the producer. The class that users have, in ringmain/producer.py, is made of it.
// SPDX-License-Identifier: MIT
#include <nanobind/stl/string.h>

#include "claim.hpp"
#include "failure.hpp"
#include "fast_call.hpp"
#include "producer.hpp"
#include "waiting.hpp"
#include "without_gil.hpp"

namespace ringmain::python {

namespace {

// Where memory is scarce (a container's /dev/shm has 64 MB), a ring of the default capacity may be as small as this.
constexpr std::size_t kLeastDefault = std::size_t{1} << 20;

// Makes the ring, as large as there is memory for if its capacity was not `given`.
ringmain::Producer create(const std::string& name, RingOptions options, bool given) {
  for (;; options.capacity /= 2) {
    try {
      return ringmain::Producer::create(name, options);
    } catch (const Error& error) {
      if (error.status() != Status::kNoSpace || given || options.capacity <= kLeastDefault) throw;
    }
  }
}

// Takes over the ring of a producer that is gone, if somebody still uses it; or else makes one, in the place of that.
ringmain::Producer create_or_succeed(const std::string& name, const RingOptions& options, bool given) {
  constexpr int kAttempts = 100;  // others may do the same
  for (int attempt = 1;; ++attempt) {
    try {
      // First, since there may be no memory for both.
      if (collect(name, options.directory) != Keeper::kNobody) {
        return ringmain::Producer::open(name, {.directory = options.directory, .spin = options.spin});
      }
    } catch (const Error& error) {
      if (error.status() != Status::kNotFound || attempt == kAttempts) throw;
    }
    try {
      return create(name, options, given);
    } catch (const Error& error) {
      if (error.status() != Status::kExists || attempt == kAttempts) throw;
    }
  }
}

// What was asked for, and which of it by the caller rather than by default.
struct Wish {
  RingOptions options;
  bool capacity;
  bool policy;
  bool keep;
};

// Of a ring that was taken over.
void check_wish(const std::string& name, const Wish& wish) {
  const Statistics found = statistics(name, wish.options.directory);
  const char* const differs = wish.capacity && found.capacity != wish.options.capacity ? "capacity"
                              : wish.policy && found.policy != wish.options.policy     ? "policy"
                              : wish.keep && found.kept != wish.options.keep           ? "keep"
                                                                                       : nullptr;
  if (differs == nullptr) return;
  throw Error(Status::kExists, "ring '" + name + "' is in use, and was made with another " + differs +
                                   " (its capacity is " + std::to_string(found.capacity) +
                                   " bytes): leave that out to go on with it, or " + "remove it first");
}

// What ringmain.Producer was given, by the names that it has there.
RingOptions options_of(const std::string& directory, const nb::dict& given) {
  const nb::object policy = given["policy"];
  const nb::object evict_after = given["evict_after"];
  RingOptions options;
  options.directory = directory;
  options.capacity = nb::cast<std::size_t>(nb::object(given["capacity"]));
  options.policy = policy.equal(nb::str("overwrite")) ? Policy::kOverwrite : Policy::kWait;
  if (options.policy == Policy::kWait && !policy.equal(nb::str("wait"))) {
    raise(PyExc_ValueError, std::string("policy: 'wait' or 'overwrite', not ") + nb::repr(policy).c_str());
  }
  if (!evict_after.is_none()) options.evict_after = nanoseconds_of(evict_after);
  options.mode = nb::cast<mode_t>(nb::object(given["mode"]));
  options.group = nb::cast<std::string>(nb::object(given["group"]));
  options.keep = nb::cast<bool>(nb::object(given["keep"]));
  options.spin = nanoseconds_of(nb::object(given["spin"]));
  options.full_fences = nb::cast<bool>(nb::object(given["full_fences"]));
  return options;
}

void init(Producer* self, const std::string& name, const std::string& directory, const nb::dict& given) {
  const auto is_given = [&](const char* option) { return nb::cast<bool>(nb::object(given[option])); };
  const Wish wish{options_of(directory, given), is_given("capacity_given"), is_given("policy_given"),
                  is_given("keep_given")};
  const auto make = [&] {
    const WithoutGil released;  // gigabytes may be reserved
    ringmain::Producer producer = create_or_succeed(name, wish.options, wish.capacity);
    try {
      check_wish(name, wish);
    } catch (...) {
      producer.abandon();  // closing would end the stream of those who wait
      throw;
    }
    return producer;
  };
  Producer::Settings settings;
  settings.spins = wish.options.spin.count() > 0;
  new (self) Producer(make(), settings);
}

// What is beyond 16 bits is refused as what is reserved is: see Encoded.
std::uint16_t type_of(PyObject* given) {
  constexpr std::uint64_t kMost = 0xFFFF;
  return given == nullptr ? std::uint16_t{0} : static_cast<std::uint16_t>(std::min(whole_number(given, "type"), kMost));
}

constexpr Signature<3> kSend{"send", {"obj", "type", "timeout"}, 1, 1};
constexpr Signature<2> kTrySend{"try_send", {"obj", "type"}, 1, 1};

PyObject* send(PyObject* self, PyObject* const* values, Py_ssize_t places, PyObject* keywords) noexcept {
  return guarded([&] {
    const auto given = arguments(kSend, {values, places, keywords});
    producer_of(ready(self)).send(given[0], type_of(given[1]), or_none(given[2]), nb::none());
    return nb::none();
  });
}

PyObject* try_send(PyObject* self, PyObject* const* values, Py_ssize_t places, PyObject* keywords) noexcept {
  return guarded([&] {
    const auto given = arguments(kTrySend, {values, places, keywords});
    return nb::bool_(producer_of(ready(self)).try_send(given[0], type_of(given[1])));
  });
}

PyMethodDef methods[] = {fast_method("send", send, R"(send($self, /, obj, *, type=0, timeout=None)
--

Sends an object.

bytes, bytearray and memoryview arrive as bytes; str, int, float, bool and None as they are; arrays (the class numpy.ndarray)
with dtype, shape and order; everything else is pickled, large buffers within it (arrays in a dict) beside the pickle. Each is
copied once, into the ring (an array that is not contiguous, twice). `type` (below 0xFF00) goes with bytes, for consumers in
C++. Waits for room for `timeout` seconds (None: for ever). Raises TimeoutError, MessageTooLarge, LeaseLost, BrokenPipeError
(the ring was removed), and what pickling raises; whatever raises has sent nothing.)"),
                         fast_method("try_send", try_send, R"(try_send($self, /, obj, *, type=0)
--

Sends an object if there is room for it now; False: there isn't. Raises as send() does.)"),
                         {nullptr, nullptr, 0, nullptr}};

const PyType_Slot kSlots[] = {{Py_tp_methods, methods}, {0, nullptr}};

}  // namespace

void bind_producer(nb::module_& module) {
  nb::class_<Producer>(module, "Producer", nb::type_slots(kSlots), "The part of ringmain.Producer that is compiled.")
      .def("__init__", &init, "name"_a, "directory"_a, "options"_a)
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
      .def("_close", &Producer::close)
      .def("_abandon", &Producer::abandon)
      .def_prop_ro("position", &Producer::position, "Of the next message, in bytes since the birth of the ring.")
      .def_prop_ro("capacity", &Producer::capacity, "Of the ring, in bytes.")
      .def_prop_ro("max_message", &Producer::max_message, "The longest message, in bytes: capacity / 2 - 16.")
      .def_prop_ro("kept", &Producer::kept, "The ring outlives its producers (keep=True).")
      .def_prop_ro("closed", &Producer::closed, "It was closed or abandoned.");
}

}  // namespace ringmain::python
