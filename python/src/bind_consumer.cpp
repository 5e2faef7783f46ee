// What Python sees of the consumer. The class that users have, in ringmain/consumer.py, is made of it.
// SPDX-License-Identifier: MIT
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <unistd.h>

#include "consumer.hpp"
#include "failure.hpp"
#include "fast_call.hpp"

namespace ringmain::python {

namespace {

Start start_of(nb::handle start) {
  if (PyLong_Check(start.ptr())) return Start::at(nb::cast<std::uint64_t>(start));
  const auto word = nb::cast<std::string>(nb::str(start));
  if (word == "latest") return Start::latest();
  if (word == "oldest") return Start::oldest();
  if (word == "last") return Start::last();
  raise(PyExc_ValueError, "start: 'latest', 'oldest', 'last' or a position, not '" + word + "'");
}

// Waits for the ring without the GIL, so that Ctrl-C works.
ringmain::Consumer attach(const std::string& name, ConsumerOptions options, nb::handle wait) {
  const auto patience = wait.is_none() ? std::chrono::nanoseconds{0} : nanoseconds_of(wait);
  std::optional<ringmain::Consumer> consumer;
  const auto try_for = [&](std::chrono::nanoseconds slice) {
    options.wait_for_ring = slice;
    try {
      consumer.emplace(ringmain::Consumer::attach(name, options));
    } catch (const Error& error) {
      if (error.status() != Status::kNotFound || patience.count() == 0) throw;
      return Status::kEmpty;
    }
    return Status::kOk;
  };
  if (patience.count() == 0) {
    (void)try_for(patience);
  } else if (wait_in_slices(patience, false, try_for, [] { return true; }) != Status::kOk) {
    raise(Status::kNotFound, "ring '" + name + "': not there after " + nb::cast<std::string>(nb::str(wait)) +
                                 " seconds; is its producer running, with the same directory?");
  }
  return std::move(*consumer);
}

struct Arguments {
  std::string group;
  nb::object start;
  bool durable;
  bool spectator;
  bool outlive_producer;
  nb::object spin;
};

ConsumerOptions options_of(const std::string& directory, const Arguments& given) {
  ConsumerOptions options;
  options.directory = directory;
  options.group = given.group;
  options.durable = given.durable;
  options.start = start_of(given.start);
  options.spectator = given.spectator;
  options.spin = nanoseconds_of(given.spin);
  options.outlive_producer = given.outlive_producer;
  return options;
}

void init(Consumer* self, const std::string& name, const std::string& directory, const std::string& group,
          nb::object start, nb::handle wait, bool raise_lost, std::size_t max_borrowed, std::optional<bool> copy,
          bool durable, bool spectator, nb::object spin, std::optional<bool> allow_pickle, bool outlive_producer) {
  if (max_borrowed == 0) raise(PyExc_ValueError, "max_borrowed: at least 1");
  const Arguments given{group, std::move(start), durable, spectator, outlive_producer, std::move(spin)};
  ringmain::Consumer consumer = attach(name, options_of(directory, given), wait);
  const bool private_by_itself = consumer.lossy() || !group.empty();
  const Consumer::Settings settings{.copy = copy.value_or(private_by_itself),
                                    .raise_lost = raise_lost,
                                    .allow_pickle = allow_pickle.value_or(consumer.owner() == ::geteuid()),
                                    .member = !group.empty(),
                                    .spins = nanoseconds_of(given.spin).count() > 0,
                                    .max_borrowed = max_borrowed};
  new (self) Consumer(std::move(consumer), settings);
}

PyObject* recv(PyObject* self, PyObject* const* values, Py_ssize_t count, PyObject* keywords) noexcept {
  return guarded([&] {
    const auto given = arguments<1>("recv", {"timeout"}, 1, 0, values, count, keywords);
    return Consumer::receive(self, or_none(given[0]), nb::none());
  });
}

PyObject* try_recv(PyObject* self, PyObject*) noexcept {
  return guarded([&] { return Consumer::try_receive(self); });
}

PyObject* next(PyObject* self) noexcept {
  return guarded([&] { return Consumer::next(self); });
}

PyObject* iterate(PyObject* self) noexcept { return nb::borrow(self).release().ptr(); }

PyMethodDef methods[] = {fast_method("recv", recv, R"(recv($self, /, timeout=None)
--

The next message.

Waits for it for `timeout` seconds (None: for ever; 0: not at all): spins for `spin`, then sleeps without the GIL. Raises
TimeoutError; EOFError when the producer has closed the ring and everything was received; ProducerLost (an EOFError) when
it died without; Evicted, Removed, LeaseLost; Lapped with on_loss="raise"; BorrowLimit when too many messages are held.)"),
                         {"try_recv", try_recv, METH_NOARGS, R"(try_recv($self, /)
--

The next message if there is one, else None. Doesn't wait; raises as recv() does.)"},
                         {nullptr, nullptr, 0, nullptr}};

const PyType_Slot slots[] = {{Py_tp_methods, methods},
                             {Py_tp_iter, reinterpret_cast<void*>(iterate)},
                             {Py_tp_iternext, reinterpret_cast<void*>(next)},
                             {0, nullptr}};

}  // namespace

void bind_consumer(nb::module_& module) {
  nb::class_<Consumer>(module, "Consumer", nb::type_slots(slots), "The part of ringmain.Consumer that is compiled.")
      .def("__init__", &init, "name"_a, "directory"_a, "group"_a, "start"_a, "wait"_a.none(), "raise_lost"_a,
           "max_borrowed"_a, "copy"_a.none(), "durable"_a, "spectator"_a, "spin"_a.none(), "allow_pickle"_a.none(),
           "outlive_producer"_a)
      .def("recv_many", &Consumer::receive_many, "n"_a, "timeout"_a.none() = nb::none(),
           nb::sig("def recv_many(self, n: int, timeout: float | None = None) -> list[Message]"),
           R"(Up to `n` messages: waits for the first one as recv() does, and takes what is there then.

No more than may be held at a time (max_borrowed, in place; a member of a group: one).)")
      .def("fileno", &Consumer::fileno, R"(A descriptor for select, poll, selectors and asyncio.

Readable when there may be something to receive: then try_recv() until it returns None. It may be readable in vain, at
least every 50 ms while nothing comes. It belongs to the consumer, which closes it.)")
      .def("_close", &Consumer::close, "acknowledging"_a)
      .def_prop_ro("lost", &Consumer::lost, "How many messages were overwritten before they were received.")
      .def_prop_ro("lag", &Consumer::lag, "What it, or its group, hasn't received yet, in bytes of the ring.")
      .def_prop_ro("position", &Consumer::position, "Of the next message, in bytes since the birth of the ring.")
      .def_prop_ro("capacity", &Consumer::capacity, "Of the ring, in bytes.")
      .def_prop_ro("borrowed", &Consumer::borrowed, "How many messages are held in place, by themselves or by views.")
      .def_prop_ro("closed", &Consumer::closed, "close() was called.");
}

}  // namespace ringmain::python
