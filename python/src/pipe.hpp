// The compiled part of ringmain.Pipe: unnamed rings whose ends change hands, and messages of any size through them.
// SPDX-License-Identifier: MIT
#pragma once

#include "consumer.hpp"
#include "parts.hpp"

namespace ringmain::python {

// The receiving end of one direction. What it gives is private, and may be written to.
class PipeReceiver {
 public:
  explicit PipeReceiver(nb::object consumer) noexcept : consumer_(std::move(consumer)) {}

  // Waits until a message is there whole. For `go_on` see Consumer.
  nb::object receive(nb::handle go_on);
  bool poll(nb::handle timeout, nb::handle go_on);
  void close();
  Consumer& consumer() const { return consumer_of(consumer_); }

 private:
  friend class Turn<PipeReceiver>;
  bool closed() const noexcept { return consumer().closed(); }
  void finish_closing() noexcept {}
  bool add_part(Message& part);  // true: that was the last one

  nb::object consumer_;
  nb::object joined_;  // what the parts are put together in
  std::size_t filled_ = 0;
  std::uint16_t type_ = 0;
  Turnstile turnstile_;  // a message may come in parts, to one thread at a time
};

void bind_pipe(nb::module_& module);

}  // namespace ringmain::python
