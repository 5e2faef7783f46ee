// SPDX-License-Identifier: MIT
#include "ringmain/transport/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fail.hpp"
#include "ringmain/transport/quantity.hpp"

namespace ringmain::transport {
namespace {

template <class Value>
Value parsed(const Address& address, std::string_view option, const std::optional<Value>& value, const char* example) {
  if (!value) address.refuse(fmt::format("the value of '{}' is none; write it like {}={}", option, option, example));
  return *value;
}

}  // namespace

Address Address::parse(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  Address address;
  address.text_ = text;
  const std::size_t question = text.find('?');
  const std::string_view place = text.substr(0, question);
  const std::size_t colon = place.find(':');
  if (place == "-") {
    address.scheme_ = "-";
  } else if (colon == std::string_view::npos || colon == 0) {
    address.refuse("it names no carrier; write it like ring:NAME, unix:PATH or -");
  } else {
    address.scheme_ = place.substr(0, colon);
    address.target_ = place.substr(colon + 1);
    if (address.target_.empty()) address.refuse(fmt::format("nothing stands behind '{}:'", address.scheme_));
  }
  std::string_view rest = question == std::string_view::npos ? std::string_view{} : text.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view option = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), option.size() + 1));
    const std::size_t equals = option.find('=');
    const std::string name(option.substr(0, equals));
    if (name.empty()) address.refuse("an option has no name");
    if (address.has(name)) address.refuse(fmt::format("the option '{}' is given twice", name));
    address.options_.emplace_back(name, equals == std::string_view::npos ? "" : option.substr(equals + 1));
  }
  return address;
}

Address Address::of(std::string scheme, std::string target, Options options) {
  Address address;
  address.text_ = fmt::format("{}:{}", scheme, target);
  address.scheme_ = std::move(scheme);
  address.target_ = std::move(target);
  address.options_ = std::move(options);
  if (address.target_.empty()) address.refuse("it names nothing");
  return address;
}

void Address::refuse(const std::string& why) const { fail(Status::kBadAddress, fmt::format("'{}': {}", text_, why)); }

const std::string* Address::find(std::string_view option) const noexcept {
  for (const auto& [name, value] : options_) {
    if (name == option) return &value;
  }
  return nullptr;
}

bool Address::flag(std::string_view option) const {
  const std::string* value = find(option);
  if (value != nullptr && !value->empty()) refuse(fmt::format("the option '{}' takes no value", option));
  return value != nullptr;
}

std::string Address::text(std::string_view option, std::string_view otherwise) const {
  const std::string* value = find(option);
  if (value != nullptr && value->empty()) refuse(fmt::format("the option '{}' needs a value", option));
  return value == nullptr ? std::string(otherwise) : *value;
}

std::uint64_t Address::number(std::string_view option, std::uint64_t otherwise) const {
  const std::string* value = find(option);
  return value == nullptr ? otherwise : parsed(*this, option, parse_number(*value), "3");
}

std::size_t Address::size(std::string_view option, std::size_t otherwise) const {
  const std::string* value = find(option);
  return value == nullptr ? otherwise : parsed(*this, option, parse_size(*value), "64K");
}

std::chrono::nanoseconds Address::duration(std::string_view option, std::chrono::nanoseconds otherwise) const {
  const std::string* value = find(option);
  return value == nullptr ? otherwise : parsed(*this, option, parse_duration(*value), "500ms");
}

}  // namespace ringmain::transport
