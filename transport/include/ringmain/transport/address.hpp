// Addresses of carriers: SCHEME:TARGET?OPTION=VALUE&OPTION, "-" for standard input or output. Spaces before are ignored.
//
//   ring:cap?from=oldest     unix:/run/feed.sock     tcp:127.0.0.1:7000?reconnect     file:day.journal     -?lines
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ringmain/transport/sink.hpp"
#include "ringmain/transport/source.hpp"

namespace ringmain::transport {

class Address {
 public:
  // Throws kBadAddress: no scheme, an empty target, an option twice or without a name.
  static Address parse(std::string_view text);
  using Options = std::vector<std::pair<std::string, std::string>>;
  // Of parts, in which '?' and '&' mean nothing. A flag has an empty value.
  static Address of(std::string scheme, std::string target, Options options);

  const std::string& text() const noexcept { return text_; }
  const std::string& scheme() const noexcept { return scheme_; }
  const std::string& target() const noexcept { return target_; }

  bool has(std::string_view option) const noexcept { return find(option) != nullptr; }
  // The value of an option, or what holds without it. Each throws kBadAddress for a value that isn't one.
  bool flag(std::string_view option) const;  // given without a value
  std::string text(std::string_view option, std::string_view otherwise) const;
  std::uint64_t number(std::string_view option, std::uint64_t otherwise) const;
  std::size_t size(std::string_view option, std::size_t otherwise) const;                                // 64K, 8M
  std::chrono::nanoseconds duration(std::string_view option, std::chrono::nanoseconds otherwise) const;  // 500ms

  const Options& options() const noexcept { return options_; }

  [[noreturn]] void refuse(const std::string& why) const;  // throws kBadAddress

 private:
  const std::string* find(std::string_view option) const noexcept;

  std::string text_;
  std::string scheme_;
  std::string target_;
  Options options_;
};

// What a carrier is and how it is opened. A null opener: it has no such end.
struct CarrierOption {
  std::string_view name;
  std::string_view value;  // "SIZE", "DURATION", ...; empty: a flag
  std::string_view description;
  enum class End : std::uint8_t { kBoth, kSource, kSink } end = End::kBoth;
};

struct Carrier {
  std::string_view scheme;
  std::string_view synopsis;  // "tcp:HOST:PORT"
  std::string_view description;
  std::vector<CarrierOption> options;
  std::unique_ptr<Source> (*open_source)(const Address& address);
  std::unique_ptr<Sink> (*open_sink)(const Address& address);
};

// All of them, in the order in which help lists them.
std::span<const Carrier> carriers();

// Opens one end. A source that others connect to listens when this returns. Throws kBadAddress (unknown carrier or
// option, the wrong end, a value that makes no sense) and what the carrier throws.
std::unique_ptr<Source> open_source(const Address& address);
std::unique_ptr<Sink> open_sink(const Address& address);
inline std::unique_ptr<Source> open_source(std::string_view address) { return open_source(Address::parse(address)); }
inline std::unique_ptr<Sink> open_sink(std::string_view address) { return open_sink(Address::parse(address)); }

}  // namespace ringmain::transport
