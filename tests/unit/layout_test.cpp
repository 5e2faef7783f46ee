// The bytes of a ring as plain numbers: what another program, or another build, would read. docs/layout.md says the same.
// SPDX-License-Identifier: MIT
#include "ringmain/algorithm/layout.hpp"

#include <gtest/gtest.h>

#include <map>

#include "support/attached.hpp"
#include "support/messages.hpp"

namespace ringmain::testing {
namespace {

using algorithm::NativeConsumerLine;
using algorithm::NativeConsumersArea;
using algorithm::NativeGroupLine;
using algorithm::NativeHeader;
using algorithm::NativeProducerLines;

TEST(Layout, has_these_constants) {
  EXPECT_EQ(algorithm::kMagic, 0x4e49414d474e4952U);
  EXPECT_EQ(std::memcmp(&algorithm::kMagic, "RINGMAIN", 8), 0);
  EXPECT_EQ(algorithm::kLayoutVersion, 1U);
  EXPECT_EQ(algorithm::kSlotBytes, 64U);
  EXPECT_EQ(algorithm::kMessageHeaderBytes, 16U);
  EXPECT_EQ(algorithm::kProducerOffset, 4096U);
  EXPECT_EQ(algorithm::kSlotsOffset, 65536U);
  EXPECT_EQ(algorithm::kMinCapacity, 65536U);
  EXPECT_EQ(algorithm::kIndexEntries, 1024U);
  EXPECT_EQ(kMaxConsumers, 256U);
  EXPECT_EQ(kMaxGroups, 64U);
  EXPECT_EQ(kMaxNameBytes, 128U);
  EXPECT_EQ(static_cast<std::uint32_t>(Policy::kWait), 0U);
  EXPECT_EQ(static_cast<std::uint32_t>(Policy::kOverwrite), 1U);
  EXPECT_EQ(static_cast<int>(LineState::kFree), 0);
  EXPECT_EQ(static_cast<int>(LineState::kJoining), 1);
  EXPECT_EQ(static_cast<int>(LineState::kActive), 2);
  EXPECT_EQ(static_cast<int>(LineState::kEvicted), 3);
}

TEST(Layout, has_these_sizes) {
  EXPECT_EQ(sizeof(algorithm::Header), 272U);
  EXPECT_EQ(sizeof(NativeHeader), 16U);
  EXPECT_EQ(sizeof(NativeProducerLines), 25216U);
  EXPECT_EQ(sizeof(NativeGroupLine), 384U);
  EXPECT_EQ(sizeof(NativeConsumerLine), 128U);
  EXPECT_EQ(sizeof(NativeConsumersArea), 61440U);
  EXPECT_EQ(alignof(NativeProducerLines), 128U);
  EXPECT_EQ(alignof(NativeConsumersArea), 4096U);
}

TEST(Layout, has_this_header) {
  using algorithm::Header;
  const std::pair<std::size_t, std::size_t> fields[] = {
      {offsetof(Header, magic), 0},
      {offsetof(Header, layout_version), 8},
      {offsetof(Header, header_bytes), 12},
      {offsetof(Header, layout_signature), 16},
      {offsetof(Header, capacity), 24},
      {offsetof(Header, slots_offset), 32},
      {offsetof(Header, consumers_bytes), 40},
      {offsetof(Header, max_consumers), 48},
      {offsetof(Header, max_groups), 52},
      {offsetof(Header, policy), 56},
      {offsetof(Header, full_fences), 60},
      {offsetof(Header, evict_after_ns), 64},
      {offsetof(Header, created_ns), 72},
      {offsetof(Header, identity), 80},
      {offsetof(Header, creator_uid), 96},
      {offsetof(Header, creator_pid), 100},
      {offsetof(Header, kept), 104},
      {offsetof(Header, type_name), 128},
      {offsetof(Header, type_size), 256},
      {offsetof(Header, type_hash), 264},
  };
  for (const auto& [is, should_be] : fields) EXPECT_EQ(is, should_be);
}

TEST(Layout, the_words_of_different_writers_are_128_bytes_apart) {
  // the producer's: stored at every publish, when room is used up, to wake, seldom, by who opens
  EXPECT_EQ(offsetof(NativeProducerLines, tail), 0U);
  EXPECT_EQ(offsetof(NativeProducerLines, limit), 128U);
  EXPECT_EQ(offsetof(NativeProducerLines, bell), 256U);
  EXPECT_EQ(offsetof(NativeProducerLines, room_wanted), 384U);
  EXPECT_EQ(offsetof(NativeProducerLines, registration), 512U);
  EXPECT_EQ(offsetof(NativeProducerLines, boot), 544U);
  EXPECT_EQ(offsetof(NativeProducerLines, index), 640U);
  // the consumers'
  EXPECT_EQ(offsetof(NativeConsumersArea, sleepers), 128U);
  EXPECT_EQ(offsetof(NativeConsumersArea, room_bell), 256U);
  EXPECT_EQ(offsetof(NativeConsumersArea, births), 384U);
  EXPECT_EQ(offsetof(NativeConsumersArea, groups), 4096U);
  EXPECT_EQ(offsetof(NativeConsumersArea, lines), 28672U);
}

TEST(Layout, packs_words_like_this) {
  EXPECT_EQ((LineWord{0x12345678, LineState::kActive}.word()), 0x12345678'00000002U);
  EXPECT_EQ((GroupWord{0x12345678, 0xabcdef, LineState::kEvicted}.word()), 0x12345678'abcdef03U);
  EXPECT_EQ((GroupWord{1, 0x1000000, LineState::kActive}.word()), 0x00000001'00000002U);  // joins wrap
  EXPECT_EQ((GroupReference{0x12345678, 64}.word()), 0x12345678'00000040U);
  const auto group = GroupWord::of(0x12345678'abcdef03U);
  EXPECT_EQ(group.generation, 0x12345678U);
  EXPECT_EQ(group.joins, 0xabcdefU);
  EXPECT_EQ(group.state, LineState::kEvicted);
  const auto line = LineWord::of(0x12345678'00000001U);
  EXPECT_EQ(line.generation, 0x12345678U);
  EXPECT_TRUE(line.in_use());
  EXPECT_FALSE(LineWord::of(3).in_use());
}

TEST(Layout, has_this_signature) {
  // What two builds compare. It changes with the layout; then the layout version does, too.
  EXPECT_EQ(algorithm::layout_signature(), 0xdeea39479c8e8491U);
}

// --- golden bytes

using Words = std::map<std::size_t, std::uint64_t>;  // by offset; every other word in the region is zero

Words words_of(const void* region, std::size_t bytes) {
  Words words;
  for (std::size_t at = 0; at < bytes; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, static_cast<const std::byte*>(region) + at, 8);
    if (word != 0) words[at] = word;
  }
  return words;
}

// Three messages published, a consumer that read one of them, and a member of the group "golden" that holds one.
struct Golden {
  PlainRing<> ring;
  Producer<> producer = first_producer(ring);
  Attached<> consumer{ring};
  Attached<> member{ring, "golden", Start::latest(), true};

  Golden() {
    const auto send = [&](std::string_view text, std::uint16_t type) {
      if (!publish(producer, std::as_bytes(std::span(text)), type)) throw std::logic_error("setup");
    };
    send("ABCDEFGH", 1);
    send("", 0xffff);
    send("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 0x1234);  // 64 bytes: two slots
    (void)receive(consumer.reader);
    (void)member.reader.examine();
    producer.want_room(0x500);
    producer.close();
  }
};

TEST(Layout, of_three_messages_is_this) {
  const Golden golden;
  const Words expected = {
      {0x00, 1},                      // tag: position 0, and one
      {0x08, 0x0001'0000'0000'0008},  // type, length
      {0x10, 0x4847464544434241},     // HGFEDCBA
      {0x40, 0x41},                   // tag: position 64, and one
      {0x48, 0xffff'0000'0000'0000},
      {0x80, 0x81},
      {0x88, 0x1234'0000'0000'0040},
      {0x90, 0x3736353433323130},
      {0x98, 0x6665646362613938},
      {0xa0, 0x3736353433323130},
      {0xa8, 0x6665646362613938},
      {0xb0, 0x3736353433323130},
      {0xb8, 0x6665646362613938},
      {0xc0, 0x3736353433323130},
      {0xc8, 0x6665646362613938},
  };
  EXPECT_EQ(words_of(golden.ring.ring().slots, kMinCapacity), expected);
}

TEST(Layout, of_the_producers_lines_is_this) {
  const Golden golden;
  Words expected = {
      {0, 256},                   // tail
      {128, 1024},  {136, 1024},  // limit, proposal
      {384, 0x500}, {392, 257},   // room wanted, end
  };
  for (std::size_t entry = 1; entry < 1024; ++entry) expected[640 + entry * 24] = kNowhere;
  EXPECT_EQ(words_of(&golden.ring.lines(), sizeof(NativeProducerLines)), expected);
}

TEST(Layout, of_the_consumers_is_this) {
  const Golden golden;
  const std::size_t lines = 28672;
  const Words expected = {
      {392, 0x00000001'00000002},               // groups used, lines used
      {4096, 0x00000001'00000102},              // the group: generation 1, one join, active
      {4104, 1},                                // durable
      {4096 + 128, 0x0000'6e65'646c'6f67},      // "golden"
      {4096 + 256, 64},                         // its head
      {lines, 64},                              // the consumer: its cursor
      {lines + 8, 0x00000001'00000002},         // generation 1, active
      {lines + 40, 4711},                       // pid
      {lines + 128 + 8, 0x00000001'00000002},   // the member: holds the message at 0
      {lines + 128 + 16, 0x00000001'00000001},  // of generation 1 of group 0
      {lines + 128 + 40, 4711},
  };
  EXPECT_EQ(words_of(&golden.ring.area(), sizeof(NativeConsumersArea)), expected);
}

}  // namespace
}  // namespace ringmain::testing
