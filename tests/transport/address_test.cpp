// Addresses: what they say, and what is wrong with them.
// SPDX-License-Identifier: MIT
#include "ringmain/transport/address.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "ringmain/transport/quantity.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using transport::Address;

TEST(AddressTest, its_parts) {
  const Address address = Address::parse("tcp:[::1]:7000?wait=500ms&reconnect&max=64K");
  EXPECT_EQ(address.scheme(), "tcp");
  EXPECT_EQ(address.target(), "[::1]:7000");
  EXPECT_EQ(address.duration("wait", 0ns), 500ms);
  EXPECT_EQ(address.size("max", 1), 65536U);
  EXPECT_TRUE(address.flag("reconnect"));
  EXPECT_FALSE(address.flag("other"));
  EXPECT_EQ(address.number("depth", 7), 7U);
  EXPECT_EQ(address.text("name", "otherwise"), "otherwise");
}

TEST(AddressTest, standard_input_has_no_target) {
  EXPECT_EQ(Address::parse("-?lines").scheme(), "-");
  EXPECT_TRUE(Address::parse("-?lines").flag("lines"));
}

TEST(AddressTest, a_compound_scheme_is_one) { EXPECT_EQ(Address::parse("uring+unix:/a:b").scheme(), "uring+unix"); }

// What refusing `text` says.
std::string refusal(const std::string& text, bool source = true) {
  try {
    if (source) {
      transport::open_source(text);
    } else {
      transport::open_sink(text);
    }
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kBadAddress) << error.what();
    return error.what();
  }
  return "it was opened";
}

TEST(AddressTest, what_is_wrong_is_said_with_the_remedy) {
  const auto says = [](const std::string& text, const std::string& what, bool source = true) {
    const std::string found = refusal(text, source);
    EXPECT_NE(found.find(what), std::string::npos) << text << ": " << found;
    EXPECT_NE(found.find(text), std::string::npos) << "it names the address: " << found;
  };
  says("", "names no carrier");
  says("numbers", "names no carrier");
  says(":x", "names no carrier");
  says("ring:", "nothing stands behind");
  says("carrier-pigeon:home", "there are ring:NAME");
  says("ring:x?fro=oldest", "no option 'fro'; it has dir=DIR");
  says("ring:x?capacity=1M", "a source of ring:NAME has no option 'capacity'");
  says("ring:x?from=oldest", "a sink of ring:NAME has no option 'from'", false);
  says("ring:x?from=oldest&from=latest", "given twice");
  says("ring:x?=3", "an option has no name");
  says("ring:x?wait=soon", "wait=500ms");
  says("ring:x?group", "needs a value");
  says("ring:x?durable=yes", "takes no value");
  says("fd:three", "fd:3");
  says("-?lines&frames", "one framing only");
  says("tcp:nowhere", "needs a port");
  says("mq:a/b", "no '/'");
}

TEST(AddressTest, every_carrier_describes_itself) {
  for (const transport::Carrier& carrier : transport::carriers()) {
    EXPECT_EQ(carrier.synopsis.substr(0, carrier.scheme.size()), carrier.scheme);
    EXPECT_FALSE(carrier.description.empty()) << carrier.scheme;
    EXPECT_TRUE(carrier.open_source != nullptr || carrier.open_sink != nullptr) << carrier.scheme;
    for (const transport::CarrierOption& option : carrier.options) {
      EXPECT_FALSE(option.name.empty()) << carrier.scheme;
      EXPECT_FALSE(option.description.empty()) << carrier.scheme << ' ' << option.name;
    }
  }
}

TEST(QuantityTest, sizes_and_durations) {
  EXPECT_EQ(transport::parse_size("65536"), 65536U);
  EXPECT_EQ(transport::parse_size("8M"), std::size_t{8} << 20);
  EXPECT_EQ(transport::parse_size("1GiB"), std::size_t{1} << 30);
  for (const char* none : {"", "M", "0", "8X", "8MB", "-1", "99999999999999999999", "16777216T", "8M "}) {
    EXPECT_FALSE(transport::parse_size(none)) << none;
  }
  EXPECT_EQ(transport::parse_duration("1.5h"), 5400s);
  EXPECT_EQ(transport::parse_duration("20us"), 20us);
  EXPECT_EQ(transport::parse_duration("0"), 0ns);
  EXPECT_EQ(transport::parse_duration("forever"), kForever);
  EXPECT_EQ(transport::parse_duration("1e30s"), kForever);
  for (const char* none : {"", "5", "s", "-1s", "nans", "5 s", "5sec"}) {
    EXPECT_FALSE(transport::parse_duration(none)) << none;
  }
}

TEST(QuantityTest, rates) {
  EXPECT_EQ(transport::parse_rate("1000").value().messages, 1000);
  EXPECT_EQ(transport::parse_rate("0.5").value().messages, 0.5);
  EXPECT_EQ(transport::parse_rate("64K").value().bytes, 65536);
  EXPECT_EQ(transport::parse_rate("64K").value().messages, 0);
  for (const char* none : {"", "0", "-1", "nan", "K", "10/s", "fast"}) {
    EXPECT_FALSE(transport::parse_rate(none)) << none;
  }
}

}  // namespace
}  // namespace ringmain::testing
