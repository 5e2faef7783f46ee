// A producer killed at every instruction of a publish: the message is wholly there or not at all, and so is a batch.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <vector>

#include "crash/every_instruction.hpp"

namespace ringmain::testing {
namespace {

void three_messages(Scene& scene) { scene.publish_and_catch_up(3); }

void one_message_or_none(Scene& scene) { scene.expect_recovery(1); }
void no_message(Scene& scene) { scene.expect_recovery(0); }

void publish(Scene& scene, bool somebody_sleeps) {
  auto producer = scene.open();
  const auto bytes = scene.next_message(producer);
  if (somebody_sleeps) scene.segment().consumers()->sleepers.store(1);
  traced_mark();
  const Status status = producer.try_publish(bytes, Stream::type_of(scene.published()));
  traced_mark();
  require(status == Status::kOk, describe(status));
}

TEST_F(EveryInstruction, OfPublish) {
  sweep(
      three_messages, [](Scene& scene) { publish(scene, false); }, one_message_or_none);
}

TEST_F(EveryInstruction, OfPublishOfSeveralSlots) {
  constexpr std::uint64_t kSlots = 5;
  sweep(
      [](Scene& scene) {
        scene.publish_until(
            [](std::uint64_t, std::uint64_t extent) { return extent >= kSlots * algorithm::kSlotBytes; });
      },
      [](Scene& scene) { publish(scene, false); }, one_message_or_none);
}

TEST_F(EveryInstruction, OfPublishAcrossTheEndOfTheRing) {
  sweep(
      [](Scene& scene) {
        // Its payload is written in the mirror.
        scene.publish_until([](std::uint64_t position, std::uint64_t extent) {
          return position / Scene::kCapacity != (position + extent - 1) / Scene::kCapacity;
        });
      },
      [](Scene& scene) { publish(scene, false); }, one_message_or_none);
}

TEST_F(EveryInstruction, OfPublishThatRingsTheBell) {
  sweep(
      three_messages, [](Scene& scene) { publish(scene, true); }, one_message_or_none);
}

TEST_F(EveryInstruction, OfPublishThatNeedsANewLimit) {
  sweep([](Scene& scene) { scene.use_up_room(); }, [](Scene& scene) { publish(scene, false); }, one_message_or_none);
}

TEST_F(EveryInstruction, OfClaimAndCommitOfLess) {
  sweep(
      three_messages,
      [](Scene& scene) {
        auto producer = scene.open();
        const auto bytes = scene.next_message(producer);
        const std::uint64_t extent = algorithm::extent_of(bytes.size());
        const std::uint64_t tag = producer.position() + extent + 1;
        traced_mark();
        Claim claim = producer.try_claim(bytes.size() + 500);
        // Where the next header will be, the rest of the claim looks like its tag.
        std::memcpy(claim.bytes().data() + extent - algorithm::kMessageHeaderBytes, &tag, sizeof tag);
        std::memcpy(claim.bytes().data(), bytes.data(), bytes.size());
        claim.commit(bytes.size(), Stream::type_of(scene.published()));
        traced_mark();
      },
      one_message_or_none);
}

TEST_F(EveryInstruction, OfClaimAndAbort) {
  sweep(
      three_messages,
      [](Scene& scene) {
        auto producer = scene.open();
        const auto bytes = scene.next_message(producer);
        traced_mark();
        Claim claim = producer.try_claim(bytes.size());
        std::memcpy(claim.bytes().data(), bytes.data(), bytes.size());
        claim.abort();
        traced_mark();
      },
      no_message);
}

constexpr std::size_t kBatch = 3;  // messages

void publish_batch(Scene& scene) {
  auto producer = scene.open();
  std::array<std::vector<std::byte>, kBatch> bodies;
  std::array<std::span<const std::byte>, kBatch> spans;
  std::uint64_t position = producer.position();
  for (std::size_t i = 0; i < kBatch; ++i) {
    bodies[i] = scene.stream().message(scene.published() + i, position);
    spans[i] = bodies[i];
    position += algorithm::extent_of(bodies[i].size());
  }
  traced_mark();
  const Status status = producer.publish_batch(spans, kBatchType);
  traced_mark();
  require(status == Status::kOk, describe(status));
}

void all_of_a_batch_or_none(Scene& scene) { scene.expect_recovery(kBatch); }

TEST_F(EveryInstruction, OfABatch) { sweep(three_messages, publish_batch, all_of_a_batch_or_none); }

TEST_F(EveryInstruction, OfABatchAcrossTheEndOfTheRing) {
  sweep(
      [](Scene& scene) {
        scene.publish_until([](std::uint64_t position, std::uint64_t extent) {
          return position + extent + algorithm::kSlotBytes > Scene::kCapacity;
        });
      },
      publish_batch, all_of_a_batch_or_none);
}

// Written into the ring itself. Its messages stand before their tags are told, and the index knows of them.
BatchClaim claim_batch(const Scene& scene, ringmain::Producer& producer) {
  BatchClaim batch = producer.claim_batch(kBatch * ringmain::Producer::batch_share(900));
  require(static_cast<bool>(batch), describe(batch.status()));
  std::uint64_t position = producer.position();
  for (std::uint64_t number = scene.published(); number < scene.published() + kBatch; ++number) {
    const std::size_t length = scene.stream().length_of(number);
    scene.stream().write(number, position, batch.add(length, Stream::type_of(number)));
    position += algorithm::extent_of(length);
  }
  return batch;
}

void publish_batch_in_place(Scene& scene) {
  auto producer = scene.open();
  traced_mark();
  claim_batch(scene, producer).commit();
  traced_mark();
}

TEST_F(EveryInstruction, OfABatchInPlace) { sweep(three_messages, publish_batch_in_place, all_of_a_batch_or_none); }

TEST_F(EveryInstruction, OfABatchInPlaceAcrossTheEndOfTheRing) {
  sweep(
      [](Scene& scene) {
        scene.publish_until([](std::uint64_t position, std::uint64_t extent) {
          return position + extent + algorithm::kSlotBytes > Scene::kCapacity;
        });
      },
      publish_batch_in_place, all_of_a_batch_or_none);
}

TEST_F(EveryInstruction, OfABatchInPlaceThatIsGivenUp) {
  sweep(
      three_messages,
      [](Scene& scene) {
        auto producer = scene.open();
        traced_mark();
        claim_batch(scene, producer).abort();
        traced_mark();
      },
      no_message);
}

TEST_F(EveryInstruction, OfWaitingForRoom) {
  sweep([](Scene& scene) { scene.fill(); },
        [](Scene& scene) {
          auto producer = scene.open();
          const auto bytes = scene.next_message(producer);
          traced_mark();
          const Status status = producer.publish_for(bytes, std::chrono::nanoseconds(1));
          traced_mark();
          require(status == Status::kTimedOut, describe(status));
        },
        [](Scene& scene) {
          scene.catch_up();
          no_message(scene);
        });
}

// Two laggards, one of a group, on a ring that evicts; the witnesses keep up.
class LaggingScene : public Scene {
 public:
  LaggingScene() : Scene(std::chrono::milliseconds(1)) {
    alone_.emplace(attach("", Start::oldest()));
    of_group_.emplace(attach("laggards", Start::oldest()));
  }
  void expect_evicted() {
    require(alone_->try_receive().status() == Status::kEvicted, "who was too slow is not told");
    require(of_group_->try_receive().status() == Status::kEvicted, "a member of a group that was too slow is not told");
  }

 private:
  std::optional<ringmain::Consumer> alone_;
  std::optional<ringmain::Consumer> of_group_;
};

using EveryInstructionOfEviction = Killing<LaggingScene>;

TEST_F(EveryInstructionOfEviction, OfThoseWhoHoldTheProducer) {
  sweep(
      [](LaggingScene& scene) {
        scene.fill();
        scene.catch_up();
      },
      [](LaggingScene& scene) {
        auto producer = scene.open();
        const auto bytes = scene.next_message(producer);
        require(producer.try_publish(bytes) == Status::kNoRoom, "nobody holds the producer");
        ::usleep(25'000);  // it is patient for that long
        traced_mark();
        const Status status = producer.try_publish(bytes, Stream::type_of(scene.published()));
        traced_mark();
        require(status == Status::kOk, describe(status));
      },
      [](LaggingScene& scene) {
        one_message_or_none(scene);
        scene.expect_evicted();
      });
}

TEST_F(EveryInstruction, OfClose) {
  sweep(
      three_messages,
      [](Scene& scene) {
        auto producer = scene.open();
        traced_mark();
        producer.close();
        traced_mark();
      },
      one_message_or_none);
}

void take_over(Scene& scene) {
  traced_mark();
  const auto producer = scene.open();
  traced_mark();
}

TEST_F(EveryInstruction, OfOpen) { sweep(three_messages, take_over, one_message_or_none); }

// The tag is there, the tail isn't: what a recovery has to complete.
void a_death_between_tag_and_tail(Scene& scene) {
  three_messages(scene);
  Traced child([&] { publish(scene, false); });
  const Segment segment = scene.segment();
  const std::uint64_t tail = segment.producer().tail.load();
  while (segment.ring().header_at(tail)->tag.load() != tail + 1) require(child.step(), "never committed");
  require(segment.producer().tail.load() == tail, "the tail came first");
}

void the_fourth_is_kept(Scene& scene) {
  one_message_or_none(scene);
  require(scene.published() == 6, "a committed message was lost");
}

TEST_F(EveryInstruction, OfOpenAfterADeathBetweenTagAndTail) {
  sweep(a_death_between_tag_and_tail, take_over, the_fourth_is_kept);
}

TEST_F(EveryInstruction, OfOpenAfterAnOpenThatWasKilled) {
  sweep_twice(a_death_between_tag_and_tail, take_over, take_over, the_fourth_is_kept);
}

}  // namespace
}  // namespace ringmain::testing
