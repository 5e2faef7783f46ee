// A mapped range of memory with an owner.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <utility>

namespace ringmain {

enum class Protection { kRead, kReadWrite };

class Mapping {
 public:
  Mapping() noexcept = default;

  // The first `bytes` of a file. Throws kSystem, and kTruncated if its pages can't be reached.
  static Mapping of_file(int file, std::size_t bytes, Protection protection);

  // `lead` bytes of a file, then `circle` bytes twice, back to back: what crosses the end of the circle goes on.
  static Mapping of_circle(int file, std::size_t lead, std::size_t circle, Protection protection);

  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Mapping();

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return bytes_; }

 private:
  Mapping(std::byte* data, std::size_t bytes) noexcept : data_(data), bytes_(bytes) {}

  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace ringmain
