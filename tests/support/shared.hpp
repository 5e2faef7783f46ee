// Memory that a test shares with its children: for what they report, and for telling them when.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <new>

namespace ringmain::testing {

// `count` values of T (atomics, or structs of them), zero at first, in pages that forked children share.
template <class T>
class Shared {
 public:
  explicit Shared(std::size_t count = 1) : bytes_(count * sizeof(T)) {
    void* pages = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    values_ = static_cast<T*>(pages);
    for (std::size_t i = 0; i < count; ++i) new (values_ + i) T();
  }
  ~Shared() { ::munmap(values_, bytes_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T* operator->() const { return values_; }
  T& operator*() const { return *values_; }
  T& operator[](std::size_t i) const { return values_[i]; }

 private:
  std::size_t bytes_;
  T* values_ = nullptr;
};

inline std::int64_t monotonic_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Looks every 100 us until `ready()`. What never comes is for the watchdog.
template <class Ready>
void wait_until(Ready&& ready) {
  while (!ready()) ::usleep(100);
}

}  // namespace ringmain::testing
