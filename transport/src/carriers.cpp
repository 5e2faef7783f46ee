// The list of carriers. To add one: write its file, which defines `Carrier NAME_carrier()`, and name it here.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "fail.hpp"
#include "ringmain/transport/address.hpp"

// clang-format off
#define RINGMAIN_CARRIERS(carrier) \
  carrier(ring)                    \
  carrier(standard)                \
  carrier(descriptor)              \
  carrier(unix_socket)             \
  carrier(tcp)                     \
  carrier(uring_unix)              \
  carrier(uring_tcp)               \
  carrier(mq)                      \
  carrier(spsc)                    \
  carrier(journal)
// clang-format on

namespace ringmain::transport {

#define RINGMAIN_DECLARE(name) Carrier name##_carrier();
RINGMAIN_CARRIERS(RINGMAIN_DECLARE)
#undef RINGMAIN_DECLARE

namespace {

using End = CarrierOption::End;

std::string known_schemes() {
  std::string text;
  for (const Carrier& carrier : carriers()) text += fmt::format("{}{}", text.empty() ? "" : ", ", carrier.synopsis);
  return text;
}

const Carrier& carrier_of(const Address& address) {
  const auto all = carriers();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Carrier& carrier) { return carrier.scheme == address.scheme(); });
  if (found == all.end()) {
    address.refuse(fmt::format("there is no carrier '{}'; there are {}", address.scheme(), known_schemes()));
  }
  return *found;
}

void check_options(const Carrier& carrier, const Address& address, End end) {
  std::string known;
  for (const CarrierOption& option : carrier.options) {
    if (option.end != End::kBoth && option.end != end) continue;
    known +=
        fmt::format("{}{}{}{}", known.empty() ? "" : ", ", option.name, option.value.empty() ? "" : "=", option.value);
  }
  for (const auto& [name, value] : address.options()) {
    const auto is = [&, &wanted = name](const CarrierOption& option) {
      return option.name == wanted && (option.end == End::kBoth || option.end == end);
    };
    if (std::any_of(carrier.options.begin(), carrier.options.end(), is)) continue;
    address.refuse(fmt::format("a {} of {} has no option '{}'; it has {}", end == End::kSource ? "source" : "sink",
                               carrier.synopsis, name, known.empty() ? "none" : known));
  }
}

}  // namespace

std::span<const Carrier> carriers() {
#define RINGMAIN_LIST(name) name##_carrier(),
  static const std::vector<Carrier> all{RINGMAIN_CARRIERS(RINGMAIN_LIST)};
#undef RINGMAIN_LIST
  return all;
}

std::unique_ptr<Source> open_source(const Address& address) {
  const Carrier& carrier = carrier_of(address);
  if (carrier.open_source == nullptr) address.refuse("nothing can be received from it");
  check_options(carrier, address, End::kSource);
  return carrier.open_source(address);
}

std::unique_ptr<Sink> open_sink(const Address& address) {
  const Carrier& carrier = carrier_of(address);
  if (carrier.open_sink == nullptr) address.refuse("nothing can be sent to it");
  check_options(carrier, address, End::kSink);
  return carrier.open_sink(address);
}

}  // namespace ringmain::transport
