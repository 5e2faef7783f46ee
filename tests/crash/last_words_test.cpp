// What a producer did just before it died or closed, while a consumer was about to ask whether it lives.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>

#include <functional>
#include <utility>

#include "crash/scene.hpp"
#include "support/intercept.hpp"

namespace ringmain::testing {
namespace {

class LastWords : public ::testing::Test {
 protected:
  // Looks for a message; `last_act` is done when it has found none and asks after the producer.
  Status receive_while(const std::function<void()>& last_act) {
    Status status = Status::kOk;
    bool done = false;
    const auto on_call = [&](const seccomp_data& call) {
      const bool asks = static_cast<int>(call.args[1]) == F_OFD_GETLK;
      if (asks && !std::exchange(done, true)) last_act();
      return 0;
    };
    const bool permitted = intercept({SYS_fcntl}, on_call, [&] {
      const Message message = consumer_.try_receive();
      status = message.status();
    });
    EXPECT_TRUE(permitted && done);
    return status;
  }

  Scene scene_;
  ringmain::Producer producer_ = scene_.open();
  ringmain::Consumer consumer_ = scene_.attach("", Start::latest());
};

TEST_F(LastWords, AreReceivedBeforeTheProducerIsLost) {
  EXPECT_EQ(receive_while([this] {
              scene_.publish(producer_);
              producer_.abandon();
            }),
            Status::kOk);
  EXPECT_EQ(consumer_.try_receive().status(), Status::kProducerLost);
}

TEST_F(LastWords, AreTheEndIfTheProducerCloses) {
  EXPECT_EQ(receive_while([this] { producer_.close(); }), Status::kEnd);
}

TEST_F(LastWords, AreNoneIfTheProducerJustDies) {
  EXPECT_EQ(receive_while([this] { producer_.abandon(); }), Status::kProducerLost);
}

}  // namespace
}  // namespace ringmain::testing
