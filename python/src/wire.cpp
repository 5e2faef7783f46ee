// SPDX-License-Identifier: MIT
#include "wire.hpp"

#include <algorithm>
#include <cstring>

namespace ringmain::python {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kArrayStart = 8;    // before the shape
constexpr std::size_t kPickleStart = 16;  // before the lengths of the buffers

template <class T>
void store(std::byte* to, T value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

template <class T>
T load(std::span<const std::byte> from, std::size_t at) noexcept {
  T value;
  std::memcpy(&value, from.data() + at, sizeof value);
  return value;
}

}  // namespace

void ArrayHeader::write(std::byte* to) const noexcept {
  to[0] = std::byte{kVersion};
  to[1] = static_cast<std::byte>(order);
  to[2] = static_cast<std::byte>(shape.size());
  to[3] = std::byte{dtype_form};
  store(to + 4, static_cast<std::uint32_t>(dtype.size()));
  std::byte* end = to + kArrayStart;
  for (const std::uint64_t extent : shape) {
    store(end, extent);
    end += sizeof extent;
  }
  if (!dtype.empty()) std::memcpy(end, dtype.data(), dtype.size());
  std::fill(end + dtype.size(), to + elements_at(), std::byte{0});
}

std::optional<ParsedArrayHeader> parse_array_header(std::span<const std::byte> payload) {
  if (payload.size() < kArrayStart || payload[0] != std::byte{kVersion}) return std::nullopt;
  ParsedArrayHeader header;
  header.order = static_cast<char>(payload[1]);
  header.dtype_form = static_cast<std::uint8_t>(payload[3]);
  const auto dimensions = static_cast<std::size_t>(payload[2]);
  const std::size_t text = load<std::uint32_t>(payload, 4);
  if (dimensions > ArrayHeader::kMaxDimensions || (header.order != 'C' && header.order != 'F')) return std::nullopt;
  const std::size_t text_at = kArrayStart + 8 * dimensions;
  if (text > payload.size() || text_at + text > payload.size()) return std::nullopt;
  header.elements_at = aligned(text_at + text);
  if (header.elements_at > payload.size()) return std::nullopt;
  for (std::size_t i = 0; i < dimensions; ++i) {
    header.shape.push_back(load<std::uint64_t>(payload, kArrayStart + 8 * i));
  }
  header.dtype = {reinterpret_cast<const char*>(payload.data()) + text_at, text};
  return header;
}

std::optional<std::uint64_t> bytes_of(std::span<const std::uint64_t> shape, std::uint64_t itemsize) noexcept {
  constexpr std::uint64_t kMost = INT64_MAX;
  if (std::ranges::any_of(shape, [](std::uint64_t extent) { return extent > kMost; })) return std::nullopt;
  if (std::ranges::find(shape, std::uint64_t{0}) != shape.end()) return 0;
  std::uint64_t elements = 1;  // counted by themselves: there are dtypes of 0 bytes
  for (const std::uint64_t extent : shape) {
    if (extent > kMost / elements) return std::nullopt;
    elements *= extent;
  }
  if (itemsize != 0 && elements > kMost / itemsize) return std::nullopt;
  return elements * itemsize;
}

PickleLayout lay_out_pickle(std::size_t pickle, std::span<const std::size_t> buffers) {
  PickleLayout layout;
  layout.pickle = {kPickleStart + 8 * buffers.size(), pickle};
  layout.total = layout.pickle.at + pickle;
  for (const std::size_t size : buffers) {
    layout.buffers.push_back({aligned(layout.total), size});
    layout.total = layout.buffers.back().at + size;
  }
  return layout;
}

void write_pickle_header(std::byte* to, const PickleLayout& layout) noexcept {
  store(to, std::uint64_t{layout.pickle.size});
  store(to + 8, std::uint64_t{layout.buffers.size()});
  for (std::size_t i = 0; i < layout.buffers.size(); ++i) {
    store(to + kPickleStart + 8 * i, std::uint64_t{layout.buffers[i].size});
  }
}

std::optional<PickleLayout> parse_pickle_header(std::span<const std::byte> payload) {
  if (payload.size() < kPickleStart) return std::nullopt;
  const auto pickle = load<std::uint64_t>(payload, 0);
  const auto count = load<std::uint64_t>(payload, 8);
  if (pickle > payload.size() || count > (payload.size() - kPickleStart) / 8) return std::nullopt;
  std::vector<std::size_t> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    sizes.push_back(load<std::uint64_t>(payload, kPickleStart + 8 * i));
    if (sizes.back() > payload.size()) return std::nullopt;
  }
  PickleLayout layout = lay_out_pickle(pickle, sizes);
  if (layout.total != payload.size()) return std::nullopt;
  return layout;
}

}  // namespace ringmain::python
