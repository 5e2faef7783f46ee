// A consumer that stands still on a ring that evicts: it is let go, and what it still does when it goes on, believing that
// it is one of them, changes nothing for the others.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <atomic>
#include <utility>

#include "crash/stop_and_go.hpp"

namespace ringmain::testing {
namespace {

constexpr const char* kName = "evicted";  // the guest's group, and afterwards the next one's

class Evicted : public StopAndGo {
 protected:
  struct Counts {
    std::atomic<int> seen;  // evicted while it stood
    std::atomic<int> told;  // so
  };

  void evict(const char* operation, const char* group, std::function<void(Follower&)> work) {
    stop_and_go(operation, play(group, [=, this](Company& company) {
                  Follower follower = company.follower(group, Start::oldest());
                  work(follower);
                  to_the_end(follower);
                }));
    EXPECT_GT(counts_->seen.load(), 0);
    expect_told();
  }

  // Of those who are stopped early, there is nobody yet to be evicted.
  void evict_while_it_comes(const char* operation, const char* group) {
    stop_and_go(operation, play(group, [=, this](Company& company) {
                  traced_mark();
                  Follower follower = company.follower(group, Start::oldest());
                  fall_asleep(follower);
                  traced_mark();
                  to_the_end(follower);
                }));
    expect_told();
  }

  static void fall_asleep(Follower& follower) {
    follower.catch_up();
    follower.receive_for(std::chrono::milliseconds(3));
  }
  static void receive_one(Follower& follower) {
    traced_mark();
    Message message = follower.consumer().try_receive();
    traced_mark();
    follower.check(message);
    message.release();
  }

 private:
  Play play(const char* group, std::function<void(Company&)> guest) {
    return {
        .gather =
            [] {
              auto company = std::make_unique<Company>(RingOptions{.evict_after = std::chrono::nanoseconds{1}});
              for (int unread = 0; unread < 3; ++unread) company->publish_for(std::chrono::nanoseconds{0});
              return company;
            },
        .guest = std::move(guest),
        .meanwhile = [=, this](Company& company, pid_t pid) { let_go_of(company, group, pid); },
        .afterwards =
            [](Company& company) {
              // The producer waits for nobody but those who receive all that there is, at each message.
              company.publish_laps(3, kForever);
              company.close();
              company.follow_to_end();
            },
    };
  }

  // The producer goes round, others take every line and name that is free.
  void let_go_of(Company& company, const char* group, pid_t pid) {
    const auto before = company.looks_of(pid);
    company.publish_laps(3, kForever);
    const auto after = company.looks_of(pid);
    require(before.lines == after.lines && before.alive == after.alive, "lost its lease by being evicted");
    if (after.evicted == 0) return;  // it doesn't take part yet, or any more
    counts_->seen.fetch_add(1);
    company.invite("");
    company.invite("");
    if (*group != '\0') company.invite(group);
    require(company.looks_of(pid).lines == 1, "an evicted one's line was taken by somebody else");
    company.publish_laps(1, kForever);
  }

  void to_the_end(Follower& follower) const {
    const Status status = follower.follow();
    require(status == Status::kEvicted || status == Status::kEnd, describe(status));
    if (status == Status::kEvicted) counts_->told.fetch_add(1);
  }

  void expect_told() const {
    std::printf("  evicted while it stood: %d, told so: %d\n", counts_->seen.load(), counts_->told.load());
    EXPECT_GE(counts_->told.load(), counts_->seen.load());
  }

  Shared<Counts> counts_;
};

TEST_F(Evicted, WhileItReceives) { evict("evicted in receive", "", receive_one); }
TEST_F(Evicted, WhileItTakesItsShare) { evict("evicted in group claim", kName, receive_one); }
TEST_F(Evicted, WhileItFallsAsleep) {
  evict("evicted in sleep", "", [](Follower& follower) {
    follower.catch_up();
    traced_mark();
    follower.receive_for(std::chrono::milliseconds(3));
    traced_mark();
  });
}
TEST_F(Evicted, WhileItAttaches) { evict_while_it_comes("evicted in attach", ""); }
TEST_F(Evicted, WhileItFoundsAGroup) { evict_while_it_comes("evicted in found", kName); }

}  // namespace
}  // namespace ringmain::testing
