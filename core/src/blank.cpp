// SPDX-License-Identifier: MIT
#include "blank.hpp"

namespace ringmain {

namespace {

algorithm::NativeProducerLines lines{};
algorithm::NativeConsumersArea consumers{};
alignas(algorithm::kSlotBytes) std::array<std::byte, algorithm::kSlotBytes> slot{};
std::atomic<std::uint64_t> cursor{};

}  // namespace

algorithm::Ring<> blank_ring() noexcept {
  return {.producer = &lines, .consumers = &consumers, .slots = slot.data(), .capacity = algorithm::kSlotBytes};
}

std::atomic<std::uint64_t>& blank_cursor() noexcept { return cursor; }

}  // namespace ringmain
