// A producer that changes a message after it was committed, between any two accesses of who receives it: what is borrowed
// lies within the ring, and its length and type stay what they were when it was borrowed.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <limits>
#include <memory>

#include "support/attached.hpp"
#include "support/hooked_memory.hpp"
#include "support/messages.hpp"
#include "support/plain_ring.hpp"

namespace ringmain::testing {
namespace {

using Hooked = PlainRing<HookedMemory>;
using algorithm::kLengthMask;
using algorithm::kTypeShift;

enum class Role { kAlone, kMember, kSpectator };

struct Victim {
  Role role;
  Policy policy;
};

constexpr std::size_t kLargest = kMinCapacity / 2 - algorithm::kMessageHeaderBytes;
constexpr std::uint64_t kLengths[] = {
    0, 1, 47, 49, 4096, kLargest, kLargest + 1, kMinCapacity, kMinCapacity * 2, kLengthMask};

class FlippedTest : public ::testing::TestWithParam<Victim> {
 protected:
  static constexpr std::size_t kMessages = 4;
  static constexpr std::size_t kLength = 48;
  static constexpr std::uint16_t kType = 7;

  // A ring just before its end, so that what is long crosses it.
  struct Scene {
    explicit Scene(const Victim& victim) : ring(kMinCapacity, victim.policy) {
      ring.age(kMinCapacity - 3 * algorithm::kSlotBytes, 1000);
      producer = std::make_unique<Producer<HookedMemory>>(successor(ring));
      if (victim.role == Role::kSpectator) {
        spectator = Reader<HookedMemory>(ring.spectated(), &unseen, nullptr, false);
        if (!spectator.begin(Start::latest())) throw std::runtime_error("no place to begin");
      } else if (victim.role == Role::kMember) {
        attached = std::make_unique<Attached<HookedMemory>>(ring, "group");
      } else {
        attached = std::make_unique<Attached<HookedMemory>>(ring);
      }
      first = producer->position();
      for (std::size_t i = 0; i < kMessages; ++i) {
        if (!publish(*producer, pattern(producer->position(), kLength), kType)) throw std::runtime_error("no room");
      }
    }
    Reader<HookedMemory>& reader() { return attached ? attached->reader : spectator; }
    auto& header_at(Position position) const { return *ring.ring().header_at(position); }

    Hooked ring;
    std::unique_ptr<Producer<HookedMemory>> producer{};
    std::unique_ptr<Attached<HookedMemory>> attached{};
    HookedMemory::Atomic<std::uint64_t> unseen{0};
    Reader<HookedMemory> spectator{};
    Position first = 0;
  };

  // Receives what there is; every borrowed message is looked at twice, with an attack in between.
  template <class Attack>
  static void receive_all(Scene& scene, Attack&& attack) {
    Reader<HookedMemory>& reader = scene.reader();
    for (std::size_t i = 0; i < 2 * kMessages; ++i) {
      if (!reader.look() && reader.examine() != Status::kOk) return;
      const auto bytes = reader.bytes();
      const auto type = reader.type();
      expect_inside(scene, bytes, reader.position());
      attack();
      ASSERT_EQ(reader.bytes().data(), bytes.data());
      ASSERT_EQ(reader.bytes().size(), bytes.size());
      ASSERT_EQ(reader.type(), type);
      const Position before = reader.position();
      (void)reader.still_valid();
      (void)reader.release();
      ASSERT_TRUE(GetParam().role == Role::kMember || reader.position() == before + extent_of(bytes.size()));
    }
  }
  // Flips each message's header, and that of the one that isn't there yet, before each access of who receives all. How
  // often.
  template <class Flip>
  static std::uint64_t flip_everywhere(Flip&& flip) {
    Scene peaceful(GetParam());
    const int accesses = accesses_of([&] { receive_all(peaceful, [] {}); });
    std::uint64_t flips = 0;
    for (std::size_t message = 0; message <= kMessages; ++message) {
      for (int n = 0; n < accesses; ++n, ++flips) {
        Scene scene(GetParam());
        const auto attack = [&] { flip(scene, scene.first + message * algorithm::kSlotBytes); };
        intrude(
            n, [&] { receive_all(scene, attack); }, attack);
        if (!HasFailure()) continue;
        ADD_FAILURE() << "message " << message << ", before access " << n;
        return flips;
      }
    }
    return flips;
  }
  static void print(const char* what, std::uint64_t flips) {
    constexpr const char* kRoles[] = {"alone", "member", "spectator"};
    std::printf("PROOF flipped %s-%s: %lu flips after the commit, one before each access, 0 out of bounds\n", what,
                kRoles[static_cast<int>(GetParam().role)], static_cast<unsigned long>(flips));
  }
  static void expect_inside(const Scene& scene, std::span<const std::byte> bytes, Position position) {
    const std::uint64_t offset = position & (kMinCapacity - algorithm::kSlotBytes);
    ASSERT_EQ(bytes.data(), scene.ring.ring().slots + offset + algorithm::kMessageHeaderBytes);
    ASSERT_LE(bytes.size(), kLargest);
  }
};

TEST_P(FlippedTest, lengths_and_types_are_read_once) {
  std::uint64_t flips = 0;
  for (const std::uint64_t length : kLengths) {
    for (const std::uint64_t type : {std::uint64_t{0}, std::uint64_t{0xffff}}) {
      SCOPED_TRACE("length " + std::to_string(length));
      flips += flip_everywhere(
          [=](Scene& scene, Position at) { scene.header_at(at).length_and_type.store(length | type << kTypeShift); });
      ASSERT_FALSE(HasFailure());
    }
  }
  print("lengths", flips);
}

TEST_P(FlippedTest, tags_are_believed_as_far_as_the_ring_goes) {
  std::uint64_t flips = 0;
  for (const int what : {0, 1, 2, 3}) {
    SCOPED_TRACE("tag " + std::to_string(what));
    flips += flip_everywhere([=](Scene& scene, Position at) {
      const std::uint64_t tags[] = {0, at + 1, at + kMinCapacity + 1, ~std::uint64_t{0}};
      scene.ring.set_tag(at, tags[what]);
    });
    ASSERT_FALSE(HasFailure());
  }
  print("tags", flips);
}

INSTANTIATE_TEST_SUITE_P(Victims, FlippedTest,
                         ::testing::Values(Victim{Role::kAlone, Policy::kWait},
                                           Victim{Role::kAlone, Policy::kOverwrite},
                                           Victim{Role::kMember, Policy::kWait},
                                           Victim{Role::kSpectator, Policy::kWait},
                                           Victim{Role::kSpectator, Policy::kOverwrite}));

}  // namespace
}  // namespace ringmain::testing
