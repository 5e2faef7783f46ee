// What the files of the C interface share: errors as numbers, structs of any age, options and strings from C.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

#include "ringmain/consumer.hpp"
#include "ringmain/error.hpp"
#include "ringmain/ringmain.h"
#include "ringmain/segment.hpp"

namespace ringmain::c {

constexpr int number(Status status) noexcept { return static_cast<int>(status); }

// Leaves the message for ringmain_last_error() and returns the status.
int failed(Status status, const char* message, int system_error = 0) noexcept;
inline int misuse(const char* message) noexcept { return failed(Status::kBadOption, message); }
int caught() noexcept;  // the same for the exception that is being handled

// Nothing that C++ throws gets past it.
template <class Action>
int guarded(Action&& action) noexcept {
  try {
    action();
    return RINGMAIN_OK;
  } catch (...) {
    return caught();
  }
}

// Makes a handle of what `make` returns.
template <class Handle, class Make>
int opened(Handle** handle, Make&& make) noexcept {
  if (handle == nullptr) return misuse("the place for the handle is null");
  *handle = nullptr;
  return guarded([&] { *handle = std::make_unique<Handle>(make()).release(); });
}

// --- arguments

std::string_view required(const char* text, const char* what);  // throws kBadOption if it is null
inline std::string_view or_empty(const char* text) noexcept { return text == nullptr ? std::string_view{} : text; }

// In C++ as in C: INT64_MAX is for ever. What is below 0 is over.
inline std::chrono::nanoseconds timeout(std::int64_t nanoseconds) noexcept {
  return std::chrono::nanoseconds{std::max<std::int64_t>(nanoseconds, 0)};
}

// They throw kBadOption; null: the defaults.
RingOptions options_from(const ringmain_ring_options* given);
OpenOptions options_from(const ringmain_open_options* given);
ConsumerOptions options_from(const ringmain_consumer_options* given);

// --- structs that grow: the first field is the size that the caller knows

// A size that some version of such a struct may have had: what isn't comes from a struct that nobody initialised.
constexpr bool plausible(std::size_t struct_size) noexcept {
  return struct_size >= sizeof(std::size_t) && struct_size <= 4096 && struct_size % 8 == 0;
}
inline constexpr const char* kImplausible = "struct_size is no size of this struct: call its _init function first";

// Throws unless all bytes from `known` to `size` are 0: they are fields that only a later version knows.
void require_zero(const void* given, std::size_t known, std::size_t size);

// The caller's struct, be it older or newer, over the defaults.
template <class Struct>
Struct known_part(const Struct* given, Struct result) {
  if (given == nullptr) return result;
  const std::size_t size = given->struct_size;
  if (!plausible(size)) throw Error(Status::kBadOption, kImplausible);
  require_zero(given, sizeof(Struct), size);
  std::memcpy(&result, given, std::min(size, sizeof(Struct)));
  return result;
}

template <class Struct>
int initialise(Struct* given, std::size_t size, const Struct& defaults) noexcept {
  if (given == nullptr) return misuse("the struct is null");
  if (!plausible(size)) return misuse(kImplausible);
  auto* bytes = reinterpret_cast<std::byte*>(given);
  std::fill_n(bytes, size, std::byte{0});
  std::memcpy(bytes, &defaults, std::min(size, sizeof(Struct)));
  given->struct_size = size;
  return RINGMAIN_OK;
}

}  // namespace ringmain::c
