// Objects on their way into a message: what it takes, and the one copy that writes it.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <optional>
#include <vector>

#include "memory.hpp"
#include "numpy.hpp"
#include "wire.hpp"

namespace ringmain::python {

// An object as a message, not written yet. Its bytes lie where they always lay; this holds what owns them.
class Encoded {
 public:
  // `type` is for bytes alone. `dumps` names the function of ringmain/_pickling.py. Raises what pickling raises; ValueError
  // for a type that isn't the user's.
  Encoded(nb::handle object, std::uint16_t type, const char* dumps = "dumps");
  Encoded(const Encoded&) = delete;
  Encoded& operator=(const Encoded&) = delete;
  ~Encoded();

  std::uint16_t type() const noexcept { return type_; }
  std::size_t size() const noexcept { return size_; }

  // The whole message, if it is of one piece.
  bool is_whole() const noexcept { return pieces_.empty(); }
  std::span<const std::byte> whole() const noexcept { return whole_; }

  // Writes bytes [from, from + count) of the message to `to`; without the GIL where that takes long.
  void write(std::byte* to, std::size_t from, std::size_t count) const;
  void write(std::byte* to) const { write(to, 0, size_); }

 private:
  struct Piece {
    std::size_t at;  // between pieces are zeros
    std::span<const std::byte> bytes;
  };

  bool take_fast(nb::handle object, std::uint16_t type);
  bool take_array(nb::handle object);
  bool take_buffer(nb::handle object, std::uint16_t type);
  void take_pickle(nb::handle object, const char* dumps);
  void hold(nb::handle object, int flags);
  template <class T>
  void take_value(Kind kind, T value) {
    std::memcpy(scratch_, &value, sizeof value);
    take_whole(kind, {scratch_, sizeof value});
  }
  void take_whole(std::uint16_t type, std::span<const std::byte> bytes) noexcept {
    type_ = type;
    whole_ = bytes;
    size_ = bytes.size();
  }

  std::uint16_t type_ = 0;
  std::size_t size_ = 0;
  std::span<const std::byte> whole_{};
  std::byte scratch_[8];
  std::vector<Piece> pieces_;
  std::vector<std::byte> head_;
  std::vector<Py_buffer> held_;
  nb::object owner_;
  std::optional<Elements> elements_;
};

}  // namespace ringmain::python
