// A producer that stands still in the midst of what it does, while the others go on: it is slow, not dead.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "crash/stop_and_go.hpp"

namespace ringmain::testing {
namespace {

// The guest's part: the producer of the company's ring.
class GuestProducer {
 public:
  explicit GuestProducer(Company& company) : company_(company) {}

  void take_over() {
    producer_.emplace(company_.open());
    next_ = company_.statistics().messages;
  }
  ringmain::Producer& operator*() { return *producer_; }
  ringmain::Producer* operator->() { return &*producer_; }
  Company& company() { return company_; }

  std::vector<std::byte> message(std::uint64_t ahead, std::uint64_t position) const {
    return company_.stream().message(next_ + ahead, position);
  }
  std::vector<std::byte> next_message() const { return message(0, producer_->position()); }
  std::uint16_t next_type() const { return Stream::type_of(next_); }
  void note(Status status, std::uint64_t messages = 1) {
    require(status == Status::kOk || status == Status::kTimedOut, describe(status));
    if (status == Status::kOk) next_ += messages;
  }

  // Until the next message doesn't fit below the limit, so that the groups have to be looked at.
  void use_up_room() {
    const Segment segment = company_.segment();
    for (;;) {
      const auto next = next_message();
      const std::uint64_t needed = algorithm::extent_of(next.size()) + algorithm::kSlotBytes;
      if (producer_->position() + needed > segment.producer().limit.load()) return;
      note(producer_->publish(next, next_type()));
    }
  }
  // Until the slowest group is a whole ring behind.
  void fill() {
    while (producer_->try_publish(next_message(), next_type()) == Status::kOk) ++next_;
  }

  void go_on_and_close() {
    MixedPublisher publisher(*producer_, company_.stream(), next_, next_);
    const std::uint64_t end = producer_->position() + 2 * Company::kCapacity;
    while (producer_->position() < end) publisher.step(~std::uint64_t{0});
    producer_->close();
  }

 private:
  Company& company_;
  std::optional<ringmain::Producer> producer_;
  std::uint64_t next_ = 0;
};

class StoppedProducer : public StopAndGo {
 protected:
  using Guest = std::function<void(GuestProducer&)>;

  static std::unique_ptr<Company> without_producer() {
    auto company = std::make_unique<Company>(RingOptions{});
    company->hand_over_producer();
    return company;
  }
  // And one of the consumers has died.
  static std::unique_ptr<Company> with_a_death() {
    auto company = without_producer();
    Child dead([&] {
      const auto consumer = company->attach("", Start::oldest());
      ::raise(SIGKILL);
    });
    dead.wait();
    return company;
  }

  // Others come and go, and one that would produce is refused, as long as the guest does.
  static void go_on(Company& company, bool guest_produces) {
    const Status residents = company.catch_up();
    const Status visitors = company.receive_visitors(/*group_too=*/true);
    company.invite("");
    company.invite("", Start::oldest());
    company.invite("others", Start::oldest());
    ::usleep(static_cast<useconds_t>(1000 * stand().count()));
    const bool dead = company.rival_takes_over();
    require(!(dead && guest_produces), "a stopped producer was taken for dead");
    for (const Status told : {residents, visitors}) {
      require(told == Status::kEmpty || !guest_produces, describe(told));
      require(told != Status::kProducerLost || dead, "a stopped producer was called lost");
    }
  }

  // With the producer as the guest: it takes over, may be stopped in `work`, and goes on.
  static Play play(Guest work) {
    return {
        .gather = without_producer,
        .guest =
            [=](Company& company) {
              GuestProducer guest(company);
              guest.take_over();
              work(guest);
              guest.go_on_and_close();
            },
        .meanwhile = [](Company& company, pid_t) { go_on(company, /*guest_produces=*/true); },
        .afterwards = [](Company& company) { company.follow_to_end(); },
    };
  }

  static void publish_one(GuestProducer& guest) {
    const auto message = guest.next_message();
    traced_mark();
    const Status status = guest->try_publish(message, guest.next_type());
    traced_mark();
    guest.note(status);
  }
};

TEST_F(StoppedProducer, Publishes) { stop_and_go("publish", play(publish_one)); }

TEST_F(StoppedProducer, PublishesAndRings) {
  stop_and_go("publish with a bell", play([](GuestProducer& guest) {
                guest.company().segment().consumers()->sleepers.store(1);
                publish_one(guest);
              }));
}

TEST_F(StoppedProducer, LooksForRoom) {
  stop_and_go("publish with a new limit", play([](GuestProducer& guest) {
                guest.use_up_room();
                publish_one(guest);
              }));
}

TEST_F(StoppedProducer, ClaimsAndCommits) {
  stop_and_go("claim and commit", play([](GuestProducer& guest) {
                const auto message = guest.next_message();
                traced_mark();
                Claim claim = guest->try_claim(message.size() + 300);
                std::copy(message.begin(), message.end(), claim.bytes().begin());
                claim.commit(message.size(), guest.next_type());
                traced_mark();
                guest.note(claim.status());
              }));
}

TEST_F(StoppedProducer, PublishesABatch) {
  stop_and_go("batch", play([](GuestProducer& guest) {
                const auto first = guest.next_message();
                const auto second = guest.message(1, guest->position() + algorithm::extent_of(first.size()));
                const std::array<std::span<const std::byte>, 2> batch{first, second};
                traced_mark();
                const Status status = guest->publish_batch(batch, kBatchType);
                traced_mark();
                guest.note(status, batch.size());
              }));
}

// In between it looks after the dead, of whom there is one.
TEST_F(StoppedProducer, WaitsForRoom) {
  Play waiting = play([](GuestProducer& guest) {
    guest.fill();
    const auto message = guest.next_message();
    traced_mark();
    const Status status = guest->publish_for(message, std::chrono::milliseconds(25), guest.next_type());
    traced_mark();
    guest.note(status);
  });
  waiting.gather = with_a_death;
  stop_and_go("wait for room and bury", waiting);
}

TEST_F(StoppedProducer, Closes) {
  Play closing = play([](GuestProducer&) {});
  closing.guest = [](Company& company) {
    GuestProducer guest(company);
    guest.take_over();
    traced_mark();
    guest->close();
    traced_mark();
  };
  closing.meanwhile = [](Company& company, pid_t) { go_on(company, /*guest_produces=*/false); };
  stop_and_go("close", closing);
}

TEST_F(StoppedProducer, TakesOver) {
  Play taking_over = play([](GuestProducer&) {});
  taking_over.guest = [](Company& company) {
    GuestProducer guest(company);
    traced_mark();
    guest.take_over();
    traced_mark();
    guest.go_on_and_close();
  };
  taking_over.meanwhile = [](Company& company, pid_t) { go_on(company, /*guest_produces=*/false); };
  stop_and_go("take-over", taking_over);
}

}  // namespace
}  // namespace ringmain::testing
