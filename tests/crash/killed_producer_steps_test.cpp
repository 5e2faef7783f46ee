// A producer killed at every instruction of a publish: the message is wholly there or not at all, and so is a batch.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "crash/every_instruction.hpp"

namespace ringmain::testing {
namespace {

void three_messages(Scene& scene) { scene.publish_and_catch_up(3); }

void one_message_or_none(Scene& scene) { scene.expect_recovery(1); }

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

TEST_F(EveryInstruction, OfABatch) {
  constexpr std::size_t kMessages = 3;
  sweep(
      three_messages,
      [](Scene& scene) {
        auto producer = scene.open();
        std::array<std::vector<std::byte>, kMessages> bodies;
        std::array<std::span<const std::byte>, kMessages> spans;
        std::uint64_t position = producer.position();
        for (std::size_t i = 0; i < kMessages; ++i) {
          bodies[i] = scene.stream().message(scene.published() + i, position);
          spans[i] = bodies[i];
          position += algorithm::extent_of(bodies[i].size());
        }
        traced_mark();
        const Status status = producer.publish_batch(spans, kBatchType);
        traced_mark();
        require(status == Status::kOk, describe(status));
      },
      [](Scene& scene) { scene.expect_recovery(kMessages); });
}

TEST_F(EveryInstruction, OfClose) {
  sample(
      three_messages,
      [](Scene& scene) {
        auto producer = scene.open();
        traced_mark();
        producer.close();
        traced_mark();
      },
      one_message_or_none);
}

// Recovery, which may be killed and repeated: of a ring whose producer died in the midst of a batch, or was closed.
TEST_F(EveryInstruction, OfOpen) {
  sample(
      three_messages,
      [](Scene& scene) {
        traced_mark();
        const auto producer = scene.open();
        traced_mark();
      },
      one_message_or_none);
}

// The tag is there, the tail isn't: what a recovery has to complete.
TEST_F(EveryInstruction, OfOpenAfterADeathBetweenTagAndTail) {
  sample(
      [](Scene& scene) {
        three_messages(scene);
        Traced child([&] { publish(scene, false); });
        const Segment segment = scene.segment();
        const std::uint64_t tail = segment.producer().tail.load();
        while (segment.ring().header_at(tail)->tag.load() != tail + 1) require(child.step(), "never committed");
        require(segment.producer().tail.load() == tail, "the tail came first");
        child.kill();
      },
      [](Scene& scene) {
        traced_mark();
        const auto producer = scene.open();
        traced_mark();
      },
      [](Scene& scene) {
        scene.expect_recovery(1);
        require(scene.published() == 6, "a committed message was lost");
      });
}

}  // namespace
}  // namespace ringmain::testing
