// A received message, and what can be made of it.
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "memory.hpp"
#include "plain_object.hpp"
#include "wire.hpp"

namespace ringmain::python {

class Consumer;

class Message {
 public:
  struct Facts {
    std::uint64_t position = 0;
    std::uint64_t lost = 0;
    std::uint16_t type = 0;
    bool redelivered = false;
  };

  // In place: borrowed from `consumer` until its last view is gone.
  Message(nb::object consumer, std::span<const std::byte> bytes, const Facts& facts) noexcept
      : consumer_(std::move(consumer)), bytes_(bytes), facts_(facts), borrowed_(true) {}
  // Private: `owner` exports `bytes`. The consumer is kept for release(): a member of a group holds what it works on.
  Message(nb::object consumer, nb::object owner, std::span<const std::byte> bytes, const Facts& facts) noexcept
      : consumer_(std::move(consumer)), owner_(std::move(owner)), bytes_(bytes), facts_(facts) {}
  Message(Message&& other) noexcept;

  Message& operator=(Message&&) = delete;
  ~Message();

  const Facts& facts() const noexcept { return facts_; }
  std::span<const std::byte> payload() const noexcept { return bytes_; }
  const nb::object& consumer() const noexcept { return consumer_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  bool released() const noexcept { return !borrowed_ && !owner_.is_valid(); }
  bool in_place() const noexcept { return borrowed_ || in_ring_; }

  // Raise ValueError when released.
  nb::object object();
  nb::object array();
  nb::object bytes();
  nb::object exporter();  // what views of it hold

  nb::object copy();
  bool valid() const;
  void release();
  void leave(nb::handle exception);  // of a with block

 private:
  void require_bytes() const;
  nb::object unpickled();
  Message private_copy();
  nb::object value();

  nb::object consumer_;
  nb::object owner_;
  std::span<const std::byte> bytes_;
  Facts facts_;
  bool borrowed_ = false;  // by this object; views take over from it
  bool in_ring_ = false;   // views do
  bool detached_ = false;  // made by copy(): no concern of the ring's
};

void bind_message(nb::module_& module);

}  // namespace ringmain::python
