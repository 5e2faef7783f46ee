// SPDX-License-Identifier: MIT
#include "pipe.hpp"

#include <nanobind/stl/pair.h>
#include <poll.h>
#include <unistd.h>

#include "descriptor.hpp"
#include "failure.hpp"
#include "producer.hpp"

namespace ringmain::python {

namespace {

// Its place is kept from the first message on, whoever holds the end.
constexpr const char* kReaders = "pipe";

ConsumerOptions reading() {
  ConsumerOptions options;
  options.group = kReaders;
  options.durable = true;
  options.start = Start::oldest();
  options.outlive_producer = true;  // who lives is said by another descriptor: see ringmain/pipe.py
  return options;
}

// The two descriptors of a new ring that nobody sends into yet, and nobody receives from.
std::pair<int, int> make_ring(std::size_t capacity) {
  RingOptions options;
  options.capacity = capacity;
  options.take_over = true;
  ringmain::Producer first = ringmain::Producer::create_unnamed(options);
  const RingDescriptors descriptors = first.descriptors();
  (void)ringmain::Consumer::attach(descriptors, reading());
  first.abandon();
  const int ring = duplicate(descriptors.ring);
  try {
    return {ring, duplicate(descriptors.consumers)};
  } catch (...) {
    ::close(ring);
    throw;
  }
}

// The handles can't be moved, so Python owns what is made here.
Producer* open_sender(int ring, int consumers) {
  const Producer::Settings settings{.splits = true, .dumps = "dumps_for_processes"};
  return new Producer(ringmain::Producer::open(RingDescriptors{ring, consumers}), settings);
}

PipeReceiver* open_receiver(int ring, int consumers) {
  Consumer::Settings settings;
  settings.member = true;
  settings.exact = true;
  auto* const consumer = new Consumer(ringmain::Consumer::attach({ring, consumers}, reading()), settings);
  return new PipeReceiver(nb::cast(consumer, nb::rv_policy::take_ownership));
}

// Nobody has the other end of this socket.
bool hung_up(int descriptor) noexcept {
  pollfd asked{descriptor, POLLRDHUP, 0};
  return ::poll(&asked, 1, 0) != 0;
}

// A copy that may be written to, as what comes out of a pipe may be.
nb::object writable(Message& message) {
  const auto bytes = message.payload();
  nb::object memory = Plain<Memory>::make(bytes.size());
  const std::span<std::byte> to = Plain<Memory>::of(memory).bytes();
  copy_bytes(to.data(), bytes);
  return Plain<Message>::make(message.consumer(), std::move(memory), to, message.facts());
}

}  // namespace

bool PipeReceiver::add_part(Message& part) {
  const auto bytes = part.payload();
  const auto header = PartHeader::read(bytes);
  if (!header) raise(Status::kCorrupt, "a part of a message whose header makes no sense");
  if (header->at == 0) {  // another sender may have died in the middle of a message
    joined_ = Plain<Memory>::make(header->total);
    type_ = header->type;
    filled_ = 0;
  }
  if (!joined_.is_valid() || header->at != filled_ || header->total != Plain<Memory>::of(joined_).bytes().size()) {
    return false;  // of a message whose beginning nobody has
  }
  copy_bytes(Plain<Memory>::of(joined_).bytes().data() + filled_, bytes.subspan(PartHeader::kSize));
  filled_ += bytes.size() - PartHeader::kSize;
  return filled_ == header->total;
}

bool PipeReceiver::poll(nb::handle timeout, nb::handle go_on) {
  const Turn turn(*this);
  return consumer().poll(timeout, go_on);
}

// Who waits with the turn finds it closed.
void PipeReceiver::close() { consumer().close(true); }

nb::object PipeReceiver::receive(nb::handle go_on) {
  const Turn turn(*this);
  for (;;) {
    const nb::object received = Consumer::receive(consumer_, nb::none(), go_on);
    Message& message = Plain<Message>::of(received);
    Message::Facts facts = message.facts();
    if (facts.type != kPart) {
      const bool views = facts.type == kArray || facts.type == kPickle;
      nb::object result = views || message.in_place() ? writable(message) : received;
      consumer().done_with(message);
      return result;
    }
    const bool last = add_part(message);
    consumer().done_with(message);
    if (!last) continue;
    facts.type = type_;
    const auto bytes = Plain<Memory>::of(joined_).bytes();
    return Plain<Message>::make(consumer_, std::exchange(joined_, nb::object()), bytes, facts);
  }
}

void bind_pipe(nb::module_& module) {
  module.def("hung_up", &hung_up, "descriptor"_a);
  module.def("make_pipe_ring", &make_ring, "capacity"_a);
  module.def("open_pipe_sender", &open_sender, "ring"_a, "consumers"_a, nb::rv_policy::take_ownership);
  module.def("open_pipe_receiver", &open_receiver, "ring"_a, "consumers"_a, nb::rv_policy::take_ownership);
  module.def(
      "send_into_pipe",
      [](Producer& sender, nb::handle object, std::uint16_t type, nb::handle go_on) {
        sender.send(object, type, nb::none(), go_on);
      },
      "sender"_a, "obj"_a.none(), "type"_a, "go_on"_a,
      nb::sig("def send_into_pipe(sender: Producer, obj: typing.Any, type: int, "
              "go_on: collections.abc.Callable[[], bool]) -> None"));
  nb::class_<PipeReceiver>(module, "PipeReceiver", "The receiving end of one direction of a Pipe.")
      .def("recv", &PipeReceiver::receive, "go_on"_a,
           nb::sig("def recv(self, go_on: collections.abc.Callable[[], bool]) -> Message"))
      .def("poll", &PipeReceiver::poll, "timeout"_a.none(), "go_on"_a,
           nb::sig("def poll(self, timeout: float | None, go_on: collections.abc.Callable[[], bool]) -> bool"))
      .def("fileno", [](PipeReceiver& self) { return self.consumer().fileno(); })
      .def("close", &PipeReceiver::close);
}

}  // namespace ringmain::python
