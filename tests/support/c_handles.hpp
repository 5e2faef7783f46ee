// A ring's two ends through the C interface, for its tests.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "ringmain/ringmain.h"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

inline constexpr std::int64_t kMillisecond = 1'000'000;

struct Free {
  void operator()(ringmain_producer* producer) const noexcept { ringmain_producer_free(producer); }
  void operator()(ringmain_consumer* consumer) const noexcept { ringmain_consumer_free(consumer); }
};
using Producer = std::unique_ptr<ringmain_producer, Free>;
using Consumer = std::unique_ptr<ringmain_consumer, Free>;

inline std::string_view text_of(const ringmain_message& message) {
  return {static_cast<const char*>(message.data), message.size};
}

class RingInC : public ::testing::Test {
 protected:
  ringmain_ring_options ring(std::uint32_t policy = RINGMAIN_WAIT) const {
    ringmain_ring_options options;
    EXPECT_EQ(ringmain_ring_options_init(&options, sizeof options), RINGMAIN_OK);
    options.directory = directory();
    options.capacity = 64 << 10;
    options.policy = policy;
    return options;
  }
  ringmain_consumer_options reading() const {
    ringmain_consumer_options options;
    EXPECT_EQ(ringmain_consumer_options_init(&options, sizeof options), RINGMAIN_OK);
    options.directory = directory();
    return options;
  }

  int create(const ringmain_ring_options& options, const char* name = "ring") {
    ringmain_producer* made = nullptr;
    const int status = ringmain_producer_create(name, &options, &made);
    producer_.reset(made);
    return status;
  }
  int attach(const ringmain_consumer_options& options, const char* name = "ring") {
    ringmain_consumer* made = nullptr;
    const int status = ringmain_consumer_attach(name, &options, &made);
    consumer_.reset(made);
    return status;
  }
  void connect(std::uint32_t policy = RINGMAIN_WAIT) {
    ASSERT_EQ(create(ring(policy)), RINGMAIN_OK) << ringmain_last_error();
    ASSERT_EQ(attach(reading()), RINGMAIN_OK) << ringmain_last_error();
  }
  int publish(std::string_view text, std::uint16_t type = 0) {
    return ringmain_producer_publish(producer_.get(), text.data(), text.size(), type);
  }

  const char* directory() const noexcept { return directory_.path().c_str(); }

  TemporaryDirectory directory_;
  Producer producer_;
  Consumer consumer_;
  ringmain_message message_{};
};

}  // namespace ringmain::testing
