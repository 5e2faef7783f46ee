// A small ring with witnesses, for a crash and what must be found after it.
// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lease.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"
#include "segment.hpp"
#include "support/child.hpp"
#include "support/self_checking.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

// A fresh ring, and two witnesses that are attached from its birth to the end: one of its own, one the member of a group.
// What isn't as it must be is thrown.
class Scene {
 public:
  static constexpr const char* kName = "scene";
  static constexpr const char* kGroup = "witnesses";
  static constexpr std::size_t kCapacity = std::size_t{64} << 10;

  explicit Scene(std::chrono::nanoseconds evict_after = {}) {
    const auto producer = ringmain::Producer::create(
        kName, {.directory = directory_.path(), .capacity = kCapacity, .evict_after = evict_after});
    witness_.emplace(attach("", Start::oldest()));
    member_.emplace(attach(kGroup, Start::oldest()));
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() { ringmain::remove(kName, directory_.path(), /*even_if_in_use=*/true); }

  const std::filesystem::path& directory() const { return directory_.path(); }
  std::int64_t back_at_work() const { return back_at_work_; }  // when the witnesses had a message of the next producer

  ringmain::Producer open() const {
    return ringmain::Producer::open(kName, {.directory = directory_.path(), .spin = std::chrono::nanoseconds(0)});
  }
  ringmain::Consumer attach(const char* group, Start start) const {
    return ringmain::Consumer::attach(kName, {.directory = directory_.path(), .group = group, .start = start});
  }
  Statistics statistics() const { return ringmain::statistics(kName, directory_.path()); }
  Segment segment() const { return Segment::open(kName, directory_.path(), Access::kProduce); }
  const Stream& stream() const { return stream_; }
  std::uint64_t published() const { return published_; }

  // The next message, as the next producer would write it.
  std::vector<std::byte> next_message(const ringmain::Producer& producer) const {
    return stream_.message(published_, producer.position());
  }
  void publish(ringmain::Producer& producer) {
    const auto bytes = next_message(producer);
    const Status status = producer.publish_for(bytes, std::chrono::seconds(5), Stream::type_of(published_));
    require(status == Status::kOk, std::string("publish: ") + describe(status));
    ++published_;
  }
  void expect_next(ringmain::Consumer& consumer, std::uint64_t number) const {
    const Message message = consumer.receive_for(std::chrono::seconds(5));
    require(static_cast<bool>(message), std::string("no message: ") + describe(message.status()));
    require(stream_.is(number, message), "not message " + std::to_string(number));
  }
  // The witnesses receive what was published since they last did.
  void catch_up() {
    for (; seen_ < published_; ++seen_) {
      expect_next(*witness_, seen_);
      expect_next(*member_, seen_);
    }
  }
  void member_receives() {
    for (std::uint64_t number = seen_; number < published_; ++number) expect_next(*member_, number);
  }
  void witness_alone_catches_up() {
    for (; seen_ < published_; ++seen_) expect_next(*witness_, seen_);
  }
  void publish_and_catch_up(std::uint64_t messages) {
    auto producer = open();
    for (std::uint64_t i = 0; i < messages; ++i) {
      publish(producer);
      catch_up();
    }
  }
  // Until ready(position, extent) of the next message.
  template <class Ready>
  void publish_until(Ready&& ready) {
    auto producer = open();
    while (!ready(producer.position(), algorithm::extent_of(stream_.length_of(published_)))) {
      publish(producer);
      catch_up();
    }
  }
  // Until the next message doesn't fit below the limit: its producer will have to look at the groups.
  void use_up_room() {
    const auto ring = segment();
    publish_until([&](std::uint64_t position, std::uint64_t extent) {
      return position >= kCapacity && position + extent + algorithm::kSlotBytes > ring.producer().limit.load();
    });
  }
  // Until there is no room, for the witnesses don't look.
  void fill() {
    auto producer = open();
    while (producer.try_publish(next_message(producer), Stream::type_of(published_)) == Status::kOk) ++published_;
  }

  // After a producer's death: a witness finds all of the `attempted` messages or none, the next producer finds the same
  // and goes on behind them, and the witnesses see everything.
  void expect_recovery(std::uint64_t attempted) {
    { const auto early = attach("", Start::oldest()); }  // even before the next producer
    const std::uint64_t committed = published_ + received_now();
    require(committed == published_ || committed == published_ + attempted,
            "the witness saw " + std::to_string(committed) + " messages, there were " + std::to_string(published_));
    auto producer = open();
    const std::uint64_t found = statistics().messages;
    require(found == committed, "found " + std::to_string(found) + " messages of " + std::to_string(committed));
    require(witness_->try_receive().status() == Status::kEmpty, "a new producer, and nothing to wait for");
    for (; seen_ < committed; ++seen_) expect_next(*member_, seen_);
    published_ = found;
    publish(producer);
    catch_up();
    back_at_work_ = monotonic_ns();
    publish(producer);
    catch_up();
    require(statistics().messages == published_, "wrong count");
    require(attach("", Start::oldest()).position() <= producer.position(), "starts nowhere");
  }

  // The dead are buried at the latest when the producer has to wait for them; those of a living group by its members.
  void expect_only_witnesses() {
    require(!attach(kGroup, Start::latest()).try_receive(), "a message too many");
    auto producer = open();
    while (producer.try_publish({}) == Status::kOk) {
    }
    ::usleep(25'000);  // the producer is patient for that long
    (void)producer.try_publish({});
    const Statistics now = statistics();
    require(now.consumers.size() == 2 && now.groups.size() == 1, "somebody is left over");
    require(now.consumers[0].alive && now.consumers[1].alive, "a dead one is left over");
    producer.close();
    expect_no_locks_and_files();
  }

 private:
  // But those of the witnesses, who have the first two lines.
  void expect_no_locks_and_files() const {
    constexpr off_t kToTheEnd = 0;
    const Segment ring = segment();
    require(!leased(ring.consumers_file(), 2, kToTheEnd), "a lock on a consumer's line is left over");
    require(!leased(ring.ring_file(), kProducerByte, kToTheEnd), "a lock of a producer is left over");
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path())) {
      files += entry.is_regular_file() ? 1 : 0;
    }
    require(files == 2, std::to_string(files) + " files are left");
  }

  // Messages that the witness of its own finds at this moment; the member of the group has yet to see them.
  std::uint64_t received_now() {
    for (std::uint64_t count = 0;; ++count) {
      const Message message = witness_->try_receive();
      if (!message) return count;
      require(stream_.is(seen_ + count, message), "not message " + std::to_string(seen_ + count));
    }
  }

  TemporaryDirectory directory_;
  Stream stream_{7, 16, 900};
  std::uint64_t published_ = 0;
  std::uint64_t seen_ = 0;  // by the witnesses
  std::int64_t back_at_work_ = 0;
  std::optional<ringmain::Consumer> witness_;
  std::optional<ringmain::Consumer> member_;
};

}  // namespace ringmain::testing
