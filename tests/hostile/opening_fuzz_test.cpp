// Segments with random damage, and everything that opens one: an Error or success, never a signal, never a hang.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "confined.hpp"
#include "garbage.hpp"
#include "raw_ring.hpp"
#include "refusal.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"

namespace ringmain::testing {
namespace {

struct Outcomes {
  std::atomic<int> refused;
  std::atomic<int> opened;
};

class OpeningFuzzTest : public HostileTest {
 protected:
  static constexpr int kSegments = scaled(24000);

  // A ring that has seen something: messages, several times around, groups, a consumer that died, a close.
  void make_ring() {
    auto producer = Producer::create("ring", making());
    {
      auto own = Consumer::attach("ring", attaching());
      auto member = Consumer::attach("ring", joining("group"));
      for (int i = 0; i < 2000; ++i) {
        ASSERT_EQ(producer.try_publish(std::vector<std::byte>(static_cast<std::size_t>(i % 200))), Status::kOk);
        ASSERT_TRUE(own.try_receive() && member.try_receive());
      }
    }
    ASSERT_EQ(in_child([&] {
                auto own = Consumer::attach("ring", attaching());
                auto member = Consumer::attach("ring", {.directory = directory(), .group = "durable", .durable = true});
                require(producer.position() != 0, "no messages");
                ::kill(::getpid(), SIGKILL);
              }),
              -SIGKILL);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(producer.try_publish(std::vector<std::byte>(100)), Status::kOk);
  }

  // Some words and bits of both files are changed.
  static void damage(const RawFile& ring, const RawFile& consumers, std::uint64_t& lot) {
    const algorithm::Position tail = ring.lines().tail;
    const std::uint64_t changes = 1 + mix(lot) % 6;
    for (std::uint64_t i = 0; i < changes; ++i) {
      std::byte* at = place(ring, consumers, lot);
      if (mix(lot) % 2 == 0) {
        *at ^= std::byte{1} << mix(lot) % 8;
      } else {
        scribble(at - reinterpret_cast<std::uintptr_t>(at) % 8, evil_word(lot, tail));
      }
    }
  }
  static std::byte* place(const RawFile& ring, const RawFile& consumers, std::uint64_t& lot) {
    const auto within = [&](const RawFile& file, std::size_t first, std::size_t bytes) {
      return file.bytes().data() + first + mix(lot) % bytes;
    };
    using Lines = algorithm::NativeProducerLines;
    switch (mix(lot) % 16) {
      case 0: return within(ring, 0, sizeof(algorithm::Header));
      // The tail: that it contradicts the index takes long to be believed.
      case 1: return mix(lot) % 8 == 0 ? within(ring, kProducerOffset, 128) : within(ring, kProducerOffset + 128, 512);
      case 2:
      case 3: return within(ring, kProducerOffset + 128, sizeof(Lines) - 128);
      case 4:
      case 5: return within(ring, kSlotsOffset, kCapacity);
      case 6:
      case 7: return within(ring, kSlotsOffset + (ring.lines().tail & (kCapacity - 64)), 16);
      case 8: return within(consumers, 0, 400);
      case 9:
      case 10:
      case 11: return within(consumers, 4096, 4 * sizeof(algorithm::NativeGroupLine));
      case 12: return within(consumers, 0, kConsumersBytes);
      default: return within(consumers, offsetof(algorithm::NativeConsumersArea, lines), 8 * 128);
    }
  }

  static void read(Consumer consumer) {
    volatile unsigned sum = 0;
    const auto look = [&](const Message& message) {
      for (const std::byte byte : message.bytes()) sum = sum + static_cast<unsigned>(byte);
    };
    (void)consumer.poll(look, 100);
    std::vector<std::byte> buffer(200);
    (void)consumer.try_read(buffer);
    (void)consumer.receive_for(std::chrono::microseconds(1));
  }
  static void write(Producer producer) {
    const std::vector<std::byte> bytes(500);
    for (int i = 0; i < 200; ++i) (void)producer.try_publish(bytes);
    (void)producer.publish_for(bytes, std::chrono::microseconds(1));
  }

  void visit(std::uint64_t& lot) {
    const Start starts[] = {Start::latest(), Start::oldest(), Start::at(mix(lot) % (4 * kCapacity)),
                            Start::at(mix(lot))};
    const Start start = starts[mix(lot) % 4];
    switch (mix(lot) % 8) {
      case 0: return read(Consumer::attach("ring", attaching(start)));
      case 1: return read(Consumer::attach("ring", joining("group", start)));
      case 2: return read(Consumer::attach("ring", joining("durable", start)));
      case 3: return read(Consumer::attach("ring", watching(start)));
      case 4: return write(Producer::open("ring", opening()));
      case 5: return remove_group("ring", mix(lot) % 2 == 0 ? "group" : "durable", directory());
      case 6: (void)statistics("ring", directory()); return;
      default: require(list(directory()).size() == 1, "list"); return ringmain::remove("ring", directory());
    }
  }

  std::filesystem::path fresh(const char* name, std::size_t bytes) const {
    std::filesystem::create_directory(ring_path());
    write_file(ring_path() / name, std::string(bytes, '\0'));
    return ring_path() / name;
  }

  const Shared<Outcomes> outcomes_;
};

TEST_F(OpeningFuzzTest, random_damage_is_an_error_or_harmless) {
  make_ring();
  EXPECT_EQ(in_child(
                [&] {
                  std::vector<std::byte> images[2];
                  for (int i = 0; i < 2; ++i) {
                    const RawFile file(ring_path() / (i == 0 ? "ring" : "consumers"));
                    images[i].assign(file.bytes().begin(), file.bytes().end());
                  }
                  std::filesystem::remove_all(ring_path());
                  auto ring = std::make_unique<RawFile>(fresh("ring", images[0].size()));
                  auto consumers = std::make_unique<RawFile>(fresh("consumers", images[1].size()));
                  for (int i = 0; i < kSegments; ++i) {
                    std::uint64_t lot = static_cast<std::uint64_t>(i);
                    expect_no_hang();
                    std::copy(images[0].begin(), images[0].end(), ring->bytes().begin());
                    std::copy(images[1].begin(), images[1].end(), consumers->bytes().begin());
                    damage(*ring, *consumers, lot);
                    try {
                      visit(lot);
                      ++outcomes_->opened;
                    } catch (const Error& error) {
                      require(std::string_view(error.what()).find("ring") != std::string_view::npos, error.what());
                      ++outcomes_->refused;
                    }
                    if (std::filesystem::exists(ring_path() / "consumers")) continue;
                    require(entries().empty(), "a removal left something behind");
                    ring = std::make_unique<RawFile>(fresh("ring", images[0].size()));
                    consumers = std::make_unique<RawFile>(fresh("consumers", images[1].size()));
                  }
                },
                600),
            0);
  EXPECT_GT(outcomes_->opened, kSegments / 10);
  EXPECT_GT(outcomes_->refused, kSegments / 100);
}

}  // namespace
}  // namespace ringmain::testing
