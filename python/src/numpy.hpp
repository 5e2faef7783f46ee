// NumPy, when there is one: looked up when an array first comes by, spoken to by its Python interface alone.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>

#include "memory.hpp"
#include "wire.hpp"

namespace ringmain::python {

// The very class numpy.ndarray. Subclasses (masked arrays, ...) mean more than dtype and shape, and so are pickled.
bool is_plain_array(nb::handle object);

// A dtype as a header writes it.
struct DtypeText {
  std::uint8_t form = 0;
  std::string text{};
  std::size_t itemsize = 0;
  bool portable = false;  // false: its elements are no bytes (objects), so such arrays are pickled
};
const DtypeText& text_of(nb::handle dtype);

// numpy.dtype(given). Raises TypeError.
nb::object dtype_from(nb::handle given);

// An array as its header describes it.
class ArrayShape {
 public:
  ArrayShape() = default;
  explicit ArrayShape(std::span<const std::byte> payload);  // raises BadRing for what is no array

  bool describes(std::span<const std::byte> payload) const noexcept;

  // The array in what `exporter` exports: a payload with this header.
  nb::object over(nb::handle exporter) const;

 private:
  std::string header_{};  // its bytes
  std::size_t size_ = 0;  // of the payload
  nb::object shape_;
  nb::object dtype_;
  nb::object offset_;
  char order_ = 'C';
};

// Most arrays of a ring have one of a few headers, so the last ones are remembered.
class ArrayShapes {
 public:
  const ArrayShape& of(std::span<const std::byte> payload);  // raises BadRing

 private:
  std::array<ArrayShape, 4> known_{};
  std::size_t oldest_ = 0;
};

// The elements of an array as bytes, in the order that it has ('C' or 'F'), or else in a 'C' copy; held by this object.
class Elements {
 public:
  explicit Elements(nb::handle array);
  Elements(const Elements&) = delete;
  Elements& operator=(const Elements&) = delete;
  ~Elements();

  char order() const noexcept { return order_; }
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  std::span<const std::uint64_t> shape() const noexcept { return {shape_, dimensions_}; }

 private:
  bool export_buffer();
  void ask_interface();

  nb::object array_;
  Py_buffer view_{};
  char order_ = 'C';
  std::span<const std::byte> bytes_{};
  std::uint64_t shape_[ArrayHeader::kMaxDimensions];
  std::size_t dimensions_ = 0;
};

// Forgets what was looked up; at exit.
void forget_numpy() noexcept;

}  // namespace ringmain::python
