// Memory that a process and its later children share: anonymous, so that it can't be left behind.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

namespace ringmain::bench {

// Zeroed, page-aligned, its pages present.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes);
  SharedMemory(SharedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SharedMemory& operator=(SharedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SharedMemory();

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// One object, or an array of them, in shared memory. Never destroyed, only unmapped.
template <class T>
class Shared {
 public:
  static_assert(std::is_trivially_destructible_v<T>);

  template <class... Arguments>
  explicit Shared(std::size_t count = 1, const Arguments&... arguments) : memory_(count * sizeof(T)), count_(count) {
    for (std::size_t i = 0; i < count; ++i) new (memory_.data() + i * sizeof(T)) T(arguments...);
  }

  T* get() const noexcept { return std::launder(reinterpret_cast<T*>(memory_.data())); }
  T* operator->() const noexcept { return get(); }
  T& operator*() const noexcept { return *get(); }
  T& operator[](std::size_t i) const noexcept { return get()[i]; }
  std::span<T> all() const noexcept { return {get(), count_}; }

 private:
  SharedMemory memory_;
  std::size_t count_;
};

}  // namespace ringmain::bench
