// What Python sees of the consumer. The class that users have, in ringmain/consumer.py, is made of it.
// SPDX-License-Identifier: MIT
#include <nanobind/stl/string.h>
#include <unistd.h>

#include <optional>

#include "consumer.hpp"
#include "failure.hpp"
#include "fast_call.hpp"

namespace ringmain::python {

namespace {

Start start_of(nb::handle start) {
  if (PyIndex_Check(start.ptr())) return Start::at(whole_number(start, "start"));
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
    const WithoutGil released;
    (void)try_for(patience);
  } else if (wait_in_slices(patience, false, try_for, [] { return true; }) != Status::kOk) {
    raise(Status::kNotFound, "ring '" + name + "': not there after " + nb::cast<std::string>(nb::str(wait)) +
                                 " seconds; is its producer running, with the same directory?");
  }
  return std::move(*consumer);
}

// What ringmain.Consumer was given, by the names that it has there.
class Options {
 public:
  explicit Options(nb::dict given) : given_(std::move(given)) {}
  nb::object operator[](const char* name) const { return given_[name]; }
  bool is_set(const char* name) const { return nb::cast<bool>((*this)[name]); }
  bool choice(const char* name, bool otherwise) const { return (*this)[name].is_none() ? otherwise : is_set(name); }

 private:
  nb::dict given_;
};

ConsumerOptions options_of(const std::string& directory, const Options& given) {
  ConsumerOptions options;
  options.directory = directory;
  if (!given["group"].is_none()) options.group = nb::cast<std::string>(given["group"]);
  options.durable = given.is_set("durable");
  options.start = start_of(given["start"]);
  options.spectator = given.is_set("spectator");
  options.spin = nanoseconds_of(given["spin"]);
  options.outlive_producer = given.is_set("outlive_producer");
  return options;
}

void init(Consumer* self, const std::string& name, const std::string& directory, nb::handle wait,
          const nb::dict& dictionary) {
  const Options given(dictionary);
  const ConsumerOptions options = options_of(directory, given);
  Consumer::Settings settings;
  settings.max_borrowed = nb::cast<std::size_t>(given["max_borrowed"]);
  if (settings.max_borrowed == 0) raise(PyExc_ValueError, "max_borrowed: at least 1");
  ringmain::Consumer consumer = attach(name, options, wait);
  settings.member = !options.group.empty();
  settings.copy = given.choice("copy", consumer.lossy() || settings.member);
  settings.raise_lost = given.is_set("raise_lost");
  settings.allow_pickle = given.choice("allow_pickle", consumer.owner() == ::geteuid());
  settings.spins = options.spin.count() > 0;
  new (self) Consumer(std::move(consumer), settings);
}

constexpr Signature<1> kRecv{"recv", {"timeout"}, 1, 0};

PyObject* recv(PyObject* self, PyObject* const* values, Py_ssize_t places, PyObject* keywords) noexcept {
  return guarded([&] {
    const auto given = arguments(kRecv, {values, places, keywords});
    return Consumer::receive(ready(self), or_none(given[0]), nb::none());
  });
}

PyObject* try_recv(PyObject* self, PyObject*) noexcept {
  return guarded([&] { return Consumer::try_receive(ready(self)); });
}

PyObject* next(PyObject* self) noexcept {
  return guarded([&] { return Consumer::next(ready(self)); });
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

const PyType_Slot kSlots[] = {{Py_tp_methods, methods},
                              {Py_tp_iter, reinterpret_cast<void*>(iterate)},
                              {Py_tp_iternext, reinterpret_cast<void*>(next)},
                              {0, nullptr}};

}  // namespace

void bind_consumer(nb::module_& module) {
  nb::class_<Consumer>(module, "Consumer", nb::type_slots(kSlots), "The part of ringmain.Consumer that is compiled.")
      .def("__init__", &init, "name"_a, "directory"_a, "wait"_a.none(), "options"_a)
      .def(
          "recv_many",
          [](Self<Consumer> self, std::size_t most, nb::handle timeout) {
            return Consumer::receive_many(self.h, most, timeout);
          },
          "n"_a, "timeout"_a.none() = nb::none(),
          nb::sig("def recv_many(self, n: int, timeout: float | None = None) -> list[Message]"),
          R"(Up to `n` messages: waits for the first one as recv() does, and takes what is there then.

No more than may be held at a time (max_borrowed, in place; a member of a group: one).)")
      .def("fileno", &Consumer::fileno, R"(A descriptor for select, poll, selectors and asyncio.

Readable when there may be something to receive: then try_recv() until it returns None. It may be readable in vain, at
least every 50 ms while nothing comes. It belongs to the consumer, which closes it.)")
      .def(
          "_try_next", [](Self<Consumer> self) { return Consumer::try_next(self.h); },
          nb::sig("def _try_next(self) -> Message | None"))
      .def("_duplicate_descriptor", &Consumer::duplicate_descriptor)
      .def("_close", &Consumer::close, "acknowledging"_a)
      .def_prop_ro("lost", &Consumer::lost, "How many messages were overwritten before they were received.")
      .def_prop_ro("lag", &Consumer::lag, "What it, or its group, hasn't received yet, in bytes of the ring.")
      .def_prop_ro("position", &Consumer::position, "Of the next message, in bytes since the birth of the ring.")
      .def_prop_ro("capacity", &Consumer::capacity, "Of the ring, in bytes.")
      .def_prop_ro("borrowed", &Consumer::borrowed, "How many messages are held in place, by themselves or by views.")
      .def_prop_ro("closed", &Consumer::closed, "close() was called.");
}

}  // namespace ringmain::python
