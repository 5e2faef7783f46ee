// A ring whose participants go on while one of them, the guest, stands still in the midst of what it does.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "segment.hpp"
#include "support/child.hpp"
#include "support/follower.hpp"
#include "support/publishing.hpp"
#include "support/self_checking.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

// One producer, one consumer of its own and, unless the ring overwrites, one member of a group, all in this process. What
// isn't as it must be is thrown. The guest is a forked child: it has this object, too, but handles of its own.
class Company {
 public:
  static constexpr const char* kName = "company";
  static constexpr const char* kGroup = "residents";
  static constexpr std::size_t kCapacity = std::size_t{64} << 10;

  explicit Company(RingOptions options) : options_(std::move(options)) {
    options_.directory = directory_.path();
    options_.capacity = kCapacity;
    producer_.emplace(ringmain::Producer::create(kName, options_));
    invite("");
    if (options_.policy == Policy::kWait) invite(kGroup);
    publish_laps(1);
  }
  Company(const Company&) = delete;
  Company& operator=(const Company&) = delete;

  ringmain::Consumer attach(const char* group, Start start, bool spectator = false) const {
    return ringmain::Consumer::attach(kName, {.directory = directory_.path(),
                                              .group = group,
                                              .start = start,
                                              .spectator = spectator,
                                              .spin = std::chrono::nanoseconds{0}});
  }
  Follower follower(const char* group, Start start = Start::latest(), bool spectator = false) const {
    const bool shared = std::string_view(group) == kGroup;
    return Follower(attach(group, start, spectator), stream_, shared ? Follower::Group::kShared : Follower::Group::kOwn,
                    shared ? &tally_ : nullptr);
  }
  ringmain::Producer open() const { return ringmain::Producer::open(kName, {.directory = directory_.path()}); }
  Segment segment() const { return Segment::open(kName, directory_.path(), Access::kProduce); }
  Statistics statistics() const { return ringmain::statistics(kName, directory_.path()); }
  const Stream& stream() const { return stream_; }

  // --- who else there is

  // One more who stays to the end.
  void invite(const char* group, Start start = Start::latest()) { others_.push_back(follower(group, start)); }

  // All that there is goes to those who stay. The last status of each of them but kEmpty: kEmpty if there is none.
  Status catch_up() {
    Status told = Status::kEmpty;
    for (Follower& other : others_) {
      if (const Status status = other.catch_up(); status != Status::kEmpty) told = status;
    }
    return told;
  }

  // --- the producer's part

  Status publish_for(std::chrono::nanoseconds timeout) {
    const auto message = stream_.message(published_, producer_->position());
    const Status status = producer_->publish_for(message, timeout, Stream::type_of(published_));
    if (status == Status::kOk) ++published_;
    return status;
  }

  // The others go on. Returns early if somebody who stands still keeps the producer waiting.
  void publish_laps(std::uint64_t laps, std::chrono::nanoseconds patience = std::chrono::nanoseconds{0}) {
    const std::uint64_t end = producer_->position() + laps * kCapacity;
    while (producer_->position() < end && publish_for(patience) == Status::kOk) {
      require(catch_up() == Status::kEmpty, "told that the ring ended");
    }
  }

  // The producer is kept waiting, by the others if not by the guest, until it has looked after the dead. It may first find
  // a group that the guest was the last to leave, but has not dissolved.
  void keep_producer_waiting(std::chrono::milliseconds wait) {
    const std::uint64_t farthest = producer_->position() + 3 * kCapacity;
    while (publish_for(wait) != Status::kTimedOut) {
      require(producer_->position() < farthest, "somebody who is alive was let go");
    }
    require(catch_up() == Status::kEmpty, "told that the ring ended");
  }

  void hand_over_producer() {  // the next one comes
    producer_->abandon();
    producer_.reset();
  }

  // --- visitors

  // They come, bury the dead, and go; a member of the group also looks whether a dead one held a message. What they are
  // told when they have had all that there is: kEmpty, if nothing else.
  Status receive_visitors(bool group_too) const {
    const Status alone = follower("").catch_up();
    if (options_.policy != Policy::kWait || !group_too) return alone;
    const Status member = follower(kGroup).catch_up();
    return member == Status::kEmpty ? alone : member;
  }

  // Another that would produce. It can't while the guest does; else it publishes, closes, and so makes room for the guest.
  bool rival_takes_over() {
    try {
      producer_.emplace(open());
    } catch (const Error& error) {
      require(error.status() == Status::kProducerExists, error.what());
      return false;
    }
    published_ = statistics().messages;
    for (int i = 0; i < 2; ++i) require(publish_for(kForever) == Status::kOk, "the rival can't publish");
    producer_.reset();
    return true;
  }

  // --- how the guest looks from outside

  struct Looks {
    int lines = 0;
    int alive = 0;
    int evicted = 0;
  };
  Looks looks_of(pid_t guest) const {
    Looks looks;
    for (const auto& consumer : statistics().consumers) {
      if (consumer.pid != static_cast<std::uint32_t>(guest)) continue;
      ++looks.lines;
      looks.alive += consumer.alive ? 1 : 0;
      looks.evicted += consumer.evicted ? 1 : 0;
    }
    return looks;
  }

  // --- the end

  void close() { producer_.reset(); }

  // Those who stay receive all that comes until the ring is closed, whoever closes it.
  void follow_to_end() {
    for (std::size_t ended = 0; ended < others_.size();) {
      ended = 0;
      for (Follower& other : others_) {
        const Status status = other.catch_up();
        require(status == Status::kEmpty || status == Status::kEnd, describe(status));
        if (status == Status::kEnd) ++ended;
      }
      others_.front().receive_for(std::chrono::milliseconds(1));
    }
  }

  // Everybody had everything from his first message on, the group each message once (again only if somebody died), and
  // nobody is left over.
  void expect_all_went_well(bool somebody_died = false) {
    const std::uint64_t total = statistics().messages;
    for (Follower& other : others_) {
      const bool had_all = !other.next() || *other.next() == total || other.consumer().lost() != 0;
      require(had_all || other.shares(), "the last message didn't come");
    }
    for (std::uint64_t number = 0; options_.policy == Policy::kWait && number < total; ++number) {
      const std::string which = "message " + std::to_string(number) + " ";
      require(tally_.came(number), which + "never came to the group");
      require(somebody_died || !tally_.came_again(number),
              which + "was redelivered: somebody alive was taken for dead");
    }
    others_.clear();
    const Statistics last = statistics();
    require(last.consumers.empty() && last.groups.empty(), "somebody is left over");
  }

 private:
  TemporaryDirectory directory_;
  RingOptions options_;
  Stream stream_{17, 16, 900};
  Tally tally_{64 * kCapacity / 64};  // of at least 64 laps: all messages that there are
  std::optional<ringmain::Producer> producer_;
  std::uint64_t published_ = 0;
  std::deque<Follower> others_;
};

}  // namespace ringmain::testing
