// A consumer that stands still in the midst of what it does, while the others go on: it is slow, not dead.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <utility>

#include "crash/stop_and_go.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kShared = Company::kGroup;

class StoppedConsumer : public StopAndGo {
 protected:
  enum class Births { kFree, kTaken };  // taken: who joins a group meanwhile would wait for the guest

  // A company with a consumer as its guest.
  static Play play(RingOptions options, std::function<void(Company&)> guest, Births births = Births::kFree) {
    const bool waits = options.policy == Policy::kWait;
    return {
        .gather = [=] { return std::make_unique<Company>(options); },
        .guest = std::move(guest),
        .meanwhile =
            [=](Company& company, pid_t pid) {
              const auto before = company.looks_of(pid);
              for (int round = 0; round < 2; ++round) {
                company.publish_laps(3);
                require(company.receive_visitors(births == Births::kFree) == Status::kEmpty,
                        "told that the ring ended");
                if (waits) company.keep_producer_waiting(stand());
              }
              const auto looks = company.looks_of(pid);
              require(looks.lines == before.lines && looks.evicted == 0, "a stopped consumer lost its line");
            },
        .afterwards =
            [](Company& company) {
              company.catch_up();
              company.publish_laps(2, kForever);
              company.close();
              company.follow_to_end();
            },
    };
  }
  static Play play(std::function<void(Company&)> guest, Births births = Births::kFree) {
    return play({}, std::move(guest), births);
  }
  static Play play_on_overwriting(std::function<void(Company&)> guest) {
    return play({.policy = Policy::kOverwrite}, std::move(guest));
  }

  static void to_the_end(Follower& follower) {
    const Status status = follower.follow();
    require(status == Status::kEnd, describe(status));
  }

  // Receives and releases, stopped in the midst, then goes on to the end.
  static std::function<void(Company&)> receives(const char* group, bool spectator = false) {
    return [=](Company& company) {
      auto follower = company.follower(group, Start::oldest(), spectator);
      traced_mark();
      follower.consumer().try_receive().release();
      traced_mark();
      to_the_end(follower);
    };
  }
  static std::function<void(Company&)> attaches(const char* group, bool spectator = false) {
    return [=](Company& company) {
      traced_mark();
      auto follower = company.follower(group, Start::oldest(), spectator);
      traced_mark();
      to_the_end(follower);
    };
  }
  static std::function<void(Company&)> leaves(const char* group) {
    return [=](Company& company) {
      {
        auto follower = company.follower(group, Start::oldest());
        follower.try_receive();
        traced_mark();
      }
      traced_mark();
    };
  }
  static std::function<void(Company&)> sleeps(const char* group, bool spectator = false) {
    return [=](Company& company) {
      auto follower = company.follower(group, Start::latest(), spectator);
      traced_mark();
      follower.receive_for(std::chrono::milliseconds(3));
      traced_mark();
      to_the_end(follower);
    };
  }
};

TEST_F(StoppedConsumer, Receives) { stop_and_go("receive", play(receives(""))); }
TEST_F(StoppedConsumer, ReceivesWhatMayBeOverwritten) {
  stop_and_go("receive, overwriting ring", play_on_overwriting(receives("")));
}
TEST_F(StoppedConsumer, Watches) { stop_and_go("receive, spectator", play(receives("", /*spectator=*/true))); }
TEST_F(StoppedConsumer, Sleeps) { stop_and_go("sleep", play(sleeps(""))); }
TEST_F(StoppedConsumer, SleepsAsAMember) { stop_and_go("sleep, member", play(sleeps(kShared))); }
TEST_F(StoppedConsumer, Attaches) { stop_and_go("attach", play(attaches(""))); }
TEST_F(StoppedConsumer, AttachesToAnOverwritingRing) {
  stop_and_go("attach, overwriting ring", play_on_overwriting(attaches("")));
}
TEST_F(StoppedConsumer, Leaves) { stop_and_go("leave", play(leaves(""))); }
TEST_F(StoppedConsumer, JoinsAGroup) { stop_and_go("join", play(attaches(kShared), Births::kTaken)); }
TEST_F(StoppedConsumer, FoundsAGroup) { stop_and_go("found", play(attaches("another"), Births::kTaken)); }
TEST_F(StoppedConsumer, LeavesAGroup) { stop_and_go("leave, member", play(leaves(kShared))); }
TEST_F(StoppedConsumer, DissolvesAGroup) { stop_and_go("leave, last member", play(leaves("another"))); }

// While it stands, the other member goes on taking.
TEST_F(StoppedConsumer, TakesItsShare) {
  Play taking = play([](Company& company) {
    auto follower = company.follower(kShared);
    traced_mark();
    Message message = follower.consumer().try_receive();
    traced_mark();
    follower.check(message);
    message.release();
    to_the_end(follower);
  });
  taking.gather = [] {
    auto company = std::make_unique<Company>(RingOptions{});
    for (int unread = 0; unread < 3; ++unread) company->publish_for(std::chrono::nanoseconds{0});
    return company;
  };
  stop_and_go("group claim", taking);
}

}  // namespace
}  // namespace ringmain::testing
