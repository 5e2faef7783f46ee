// An input of the fuzzer, read as a program: each target draws its steps, and what they are about, from these bytes. So
// whatever the bytes are, the target does something with them that gets further than the first check, and there is no
// corpus to be kept.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/time.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "support/child.hpp"
#include "support/mix.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace ringmain::testing {

class Program {
 public:
  Program(const std::uint8_t* data, std::size_t size) : rest_(std::as_bytes(std::span(data, size))) {}

  bool done() const { return rest_.empty(); }

  // Zeros follow the last byte.
  template <class Number>
  Number number() {
    Number number{};
    const auto bytes = take(sizeof number);
    std::copy(bytes.begin(), bytes.end(), std::as_writable_bytes(std::span(&number, 1)).begin());
    return number;
  }
  // The fuzzer likes to repeat bytes. Where they stand counts, too, so that they don't repeat the same step.
  std::size_t below(std::size_t bound) {
    std::uint64_t lot = std::uint64_t{taken_} << 32 | (bound <= 256 ? number<std::uint8_t>() : number<std::uint32_t>());
    return mix(lot) % bound;
  }
  bool one_in(std::size_t chances) { return below(chances) == chances - 1; }
  template <class T, std::size_t kSize>
  const T& one_of(const std::array<T, kSize>& choices) {
    return choices[below(kSize)];
  }
  std::span<const std::byte> take(std::size_t at_most) {
    const auto taken = rest_.first(std::min(at_most, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    taken_ += taken.size();
    return taken;
  }

 private:
  std::span<const std::byte> rest_;
  std::size_t taken_ = 0;
};

// Ends the process, as a crash does, when it has used so much processor time since it was asked to. (By the clock on the
// wall a busy machine would look like a hang.)
inline void expect_no_hang(int seconds = 10) {
  std::signal(SIGPROF, [](int) { std::abort(); });
  itimerval limit{};
  limit.it_value.tv_sec = seconds;
  ::setitimer(ITIMER_PROF, &limit, nullptr);
}

}  // namespace ringmain::testing
