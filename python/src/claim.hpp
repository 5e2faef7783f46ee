// A message that is written in place.
// SPDX-License-Identifier: MIT
#pragma once

#include "producer.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::python {

class Claim {
 public:
  // What is written is `written`, an array or a memoryview over `memory`, the room.
  Claim(nb::object producer, ringmain::Claim room, nb::object memory, nb::object written, std::uint16_t type) noexcept
      : producer_(std::move(producer)), room_(std::move(room)), memory_(std::move(memory)),
        written_(std::move(written)), type_(type) {
    producer_of(producer_).claimed_ = true;
  }
  Claim(Claim&& other) noexcept = default;
  Claim& operator=(Claim&&) = delete;
  ~Claim() { abort(); }

  static Claim of_array(nb::handle producer, nb::handle shape, nb::handle dtype, char order, nb::handle timeout);
  static Claim of_bytes(nb::handle producer, std::size_t size, std::uint16_t type, nb::handle timeout);

  const nb::object& written() const;  // raises ValueError when it is over
  void commit();
  void abort() noexcept;
  void leave(nb::handle exception);

 private:
  bool open() const noexcept { return producer_.is_valid() && static_cast<bool>(room_); }
  void end() noexcept;
  static nb::object memory_of(nb::handle producer, std::span<std::byte> bytes);

  nb::object producer_;
  ringmain::Claim room_;
  nb::object memory_;
  nb::object written_;
  std::uint16_t type_;
};

void bind_claim(nb::module_& module);

}  // namespace ringmain::python
