// What the conformance tests of carriers have in common.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/child.hpp"
#include "support/scale.hpp"
#include "support/self_checking.hpp"
#include "transport/link.hpp"

namespace ringmain::testing {

class Conformance : public ::testing::TestWithParam<CarrierUnderTest> {
 protected:
  Conformance() { ::signal(SIGPIPE, SIG_IGN); }

  bool types() const { return GetParam().types; }
  std::uint16_t type_of(std::uint64_t number) const { return types() ? Stream::type_of(number) : std::uint16_t{0}; }

  // In a thread, for what may wait for the other end.
  template <class Work>
  static std::jthread aside(Work work) {
    return std::jthread(std::move(work));
  }

  Link link_{GetParam()};
  Watchdog watchdog_{100};
};

// Those of which something more is asked.
template <class Asked>
std::vector<CarrierUnderTest> carriers_that(const Asked& asked) {
  std::vector<CarrierUnderTest> found;
  std::copy_if(kCarriersUnderTest.begin(), kCarriersUnderTest.end(), std::back_inserter(found), asked);
  return found;
}

inline constexpr auto kName = [](const auto& carrier) { return std::string(carrier.param.name); };

// Everything from here to the end, checked.
inline std::uint64_t receive_all(transport::Source& source, const Stream& stream, bool types) {
  std::uint64_t number = 0;
  for (;;) {
    const Status status = source.receive(std::chrono::seconds(10));
    if (status == Status::kEnd) return number;
    EXPECT_EQ(status, Status::kOk);
    if (status != Status::kOk) return number;
    EXPECT_TRUE(stream.is(number, 0, source.message().bytes)) << "message " << number;
    EXPECT_EQ(source.message().type, types ? Stream::type_of(number) : 0);
    EXPECT_EQ(source.message().lost, 0U);
    if (::testing::Test::HasFailure()) return number;
    ++number;
  }
}

}  // namespace ringmain::testing
