// The bytes of a ring: what lies where and who writes it. docs/layout.md is the same in prose.
//
//   file `ring`        written by the producer alone; consumers map it read-only
//        0  Header            4 KiB, never changed after the birth
//    4 KiB  ProducerLines     what the producer tells the others
//   64 KiB  slots             `capacity` bytes, mapped twice, back to back
//
//   file `consumers`   written by consumers (and by the producer: flag, states)
//        0  ConsumersArea: identity, sleeper flag, room bell, births; then group lines; then consumer lines
//
// What different parties write is at least 128 bytes apart. All numbers are little-endian and as wide as they say.
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "ringmain/algorithm/memory.hpp"

namespace ringmain {

inline constexpr std::size_t kMaxConsumers = 256;  // attached at one time, members of groups included
inline constexpr std::size_t kMaxGroups = 64;      // named groups
inline constexpr std::size_t kMaxNameBytes = 128;  // of a ring, a group, a type

// What the producer does when the slowest group is a whole ring behind.
enum class Policy : std::uint32_t {
  kWait = 0,       // reliable: wait for it
  kOverwrite = 1,  // lossy: go on; who was overtaken learns the exact number of messages lost
};

}  // namespace ringmain

namespace ringmain::algorithm {

static_assert(std::endian::native == std::endian::little, "the layout is little-endian");

using Position = std::uint64_t;  // bytes since the ring's birth; never wraps

inline constexpr std::size_t kSlotBytes = 64;
inline constexpr std::size_t kMessageHeaderBytes = 16;
inline constexpr std::size_t kLineBytes = 128;  // two cache lines: adjacent-line prefetch pairs them
inline constexpr std::size_t kProducerOffset = 4096;
inline constexpr std::size_t kSlotsOffset = std::size_t{64} << 10;
inline constexpr std::size_t kMinCapacity = std::size_t{64} << 10;
inline constexpr std::size_t kMaxCapacity = std::size_t{1} << 46;
inline constexpr std::size_t kIndexEntries = 1024;  // of index_step() bytes each
inline constexpr std::size_t kLimitSteps = 64;      // in a ring: by how much the limit moves while nobody gates
inline constexpr Position kNowhere = ~Position{0};

inline constexpr std::uint64_t kMagic = 0x4e49414d474e4952;           // "RINGMAIN"
inline constexpr std::uint64_t kConsumersMagic = 0x534e4f43474e4952;  // "RINGCONS"
inline constexpr std::uint32_t kLayoutVersion = 1;

// --- a message: its header, then the payload, padded to whole slots.

inline constexpr unsigned kTypeShift = 48;
inline constexpr std::uint64_t kLengthMask = (std::uint64_t{1} << kTypeShift) - 1;

template <class Memory>
struct MessageHeader {
  template <class T>
  using Atomic = typename Memory::template Atomic<T>;
  Atomic<std::uint64_t> tag;              // position + 1: committed
  Atomic<std::uint64_t> length_and_type;  // u48, u16
};

// Bytes of the ring that share an entry of the index: few enough to be walked, enough to be noted seldom.
constexpr std::uint64_t index_step(std::uint64_t capacity) noexcept {
  const std::uint64_t few = capacity / 64 < 4096 ? capacity / 64 : 4096;
  return capacity / kIndexEntries > few ? capacity / kIndexEntries : few;
}

// Bytes that a message of `length` takes in the ring.
constexpr std::uint64_t extent_of(std::uint64_t length) noexcept {
  return (length + kMessageHeaderBytes + kSlotBytes - 1) & ~std::uint64_t{kSlotBytes - 1};
}

// --- `ring`: the header page. Written once, before anybody else can see it.

struct Header {
  std::uint64_t magic;
  std::uint32_t layout_version;
  std::uint32_t header_bytes;
  std::uint64_t layout_signature;
  std::uint64_t capacity;
  std::uint64_t slots_offset;
  std::uint64_t consumers_bytes;
  std::uint32_t max_consumers;
  std::uint32_t max_groups;
  std::uint32_t policy;
  std::uint32_t full_fences;
  std::uint64_t evict_after_ns;
  std::uint64_t created_ns;  // CLOCK_REALTIME
  std::array<std::uint8_t, 16> identity;
  std::uint32_t creator_uid;
  std::uint32_t creator_pid;
  std::uint64_t kept;
  std::array<std::uint64_t, 2> unused;
  std::array<char, kMaxNameBytes> type_name;  // zero-padded; all zero: untyped
  std::uint64_t type_size;
  std::uint64_t type_hash;
};

// --- `ring`: the producer's lines.

template <class Memory>
struct IndexEntry {  // a boundary between messages, and what was published before it
  template <class T>
  using Atomic = typename Memory::template Atomic<T>;
  Atomic<std::uint64_t> position;
  Atomic<std::uint64_t> messages;
  Atomic<std::uint64_t> bytes;
};

template <class Memory>
struct ProducerLines {
  template <class T>
  using Atomic = typename Memory::template Atomic<T>;

  // Stored at every publish.
  alignas(kLineBytes) Atomic<std::uint64_t> tail;

  // Stored when the producer has used up its room.
  alignas(kLineBytes) Atomic<std::uint64_t> limit;  // below limit - capacity (the floor) slots may be overwritten
  Atomic<std::uint64_t> proposal;                   // >= limit: what who joins must reckon with

  // Stored to wake sleepers.
  alignas(kLineBytes) Atomic<std::uint32_t> bell;

  // Stored seldom; every release reads room_wanted.
  alignas(kLineBytes) Atomic<std::uint64_t> room_wanted;  // the cursor value that the producer waits for; 0: doesn't
  Atomic<std::uint64_t> end;                              // tail + 1: closed there; 0: open
  Atomic<std::uint32_t> removed;

  // Stored by who opens, closes, waits.
  alignas(kLineBytes) Atomic<std::uint64_t> registration;  // producers so far
  Atomic<std::uint64_t> room_waits;
  Atomic<std::uint64_t> bells;
  Atomic<std::uint32_t> producer_pid;
  Atomic<std::uint32_t> clean;                // closed, and on disk: survives a reboot
  std::array<Atomic<std::uint64_t>, 2> boot;  // the boot id of the producer's machine

  alignas(kLineBytes) std::array<IndexEntry<Memory>, kIndexEntries> index;
};

// --- `consumers`.

enum class LineState : std::uint8_t { kFree = 0, kJoining = 1, kActive = 2, kEvicted = 3 };

// {generation, state}: a generation is one holder of the line.
struct LineWord {
  std::uint32_t generation = 0;
  LineState state = LineState::kFree;

  static constexpr LineWord of(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word >> 32), static_cast<LineState>(word & 0xff)};
  }
  constexpr std::uint64_t word() const noexcept {
    return std::uint64_t{generation} << 32 | static_cast<std::uint64_t>(state);
  }
  constexpr bool in_use() const noexcept { return state == LineState::kJoining || state == LineState::kActive; }
};

// {generation, joins, state}: joins counts up, so that who dissolves a group it saw dead fails if somebody joined.
struct GroupWord {
  std::uint32_t generation = 0;
  std::uint32_t joins = 0;  // 24 bits
  LineState state = LineState::kFree;

  static constexpr std::uint32_t kJoinsMask = 0xffffff;
  static constexpr GroupWord of(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word >> 8) & kJoinsMask,
            static_cast<LineState>(word & 0xff)};
  }
  constexpr std::uint64_t word() const noexcept {
    return std::uint64_t{generation} << 32 | std::uint64_t{joins & kJoinsMask} << 8 | static_cast<std::uint64_t>(state);
  }
};

// Which group a consumer line belongs to: {generation, index + 1}; 0: a group of its own.
struct GroupReference {
  std::uint32_t generation = 0;
  std::uint32_t number = 0;  // index + 1

  static constexpr GroupReference of(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word >> 32), static_cast<std::uint32_t>(word)};
  }
  constexpr std::uint64_t word() const noexcept { return std::uint64_t{generation} << 32 | number; }
  bool operator==(const GroupReference&) const = default;
};

template <class Memory>
struct GroupLine {
  template <class T>
  using Atomic = typename Memory::template Atomic<T>;
  alignas(kLineBytes) Atomic<std::uint64_t> state;
  Atomic<std::uint32_t> durable;
  alignas(kLineBytes) std::array<Atomic<std::uint64_t>, kMaxNameBytes / 8> name;  // zero-padded characters
  alignas(kLineBytes) Atomic<std::uint64_t> head;                                 // the next message to be taken
};

template <class Memory>
struct alignas(kLineBytes) ConsumerLine {
  template <class T>
  using Atomic = typename Memory::template Atomic<T>;
  Atomic<std::uint64_t> cursor;  // everything below is released; a member's: the one message that it holds, or kNowhere
  Atomic<std::uint64_t> state;
  Atomic<std::uint64_t> group;
  Atomic<std::uint64_t> lost;
  Atomic<std::uint64_t> redelivered;
  Atomic<std::uint32_t> pid;
  Atomic<std::uint32_t> sleeping;
};

template <class Memory>
struct ConsumersArea {
  template <class T>
  using Atomic = typename Memory::template Atomic<T>;

  alignas(kLineBytes) std::uint64_t magic;
  std::uint64_t layout_signature;
  std::array<std::uint8_t, 16> identity;  // as in the header: the two files belong together

  alignas(kLineBytes) Atomic<std::uint32_t> sleepers;   // 1: somebody waits on the bell; consumers set, producer clears
  alignas(kLineBytes) Atomic<std::uint32_t> room_bell;  // the producer waits on it
  alignas(kLineBytes) Atomic<std::uint64_t> births;     // who creates or joins a group: {generation, line + 1}
  Atomic<std::uint32_t> lines_used;                     // consumer lines from here on were never used
  Atomic<std::uint32_t> groups_used;

  alignas(4096) std::array<GroupLine<Memory>, kMaxGroups> groups;
  std::array<ConsumerLine<Memory>, kMaxConsumers> lines;
};

// --- every size and offset, once more, so that a change of layout is a decision. The signature is made of them, too.

using NativeHeader = MessageHeader<NativeMemory>;
using NativeIndexEntry = IndexEntry<NativeMemory>;
using NativeProducerLines = ProducerLines<NativeMemory>;
using NativeGroupLine = GroupLine<NativeMemory>;
using NativeConsumerLine = ConsumerLine<NativeMemory>;
using NativeConsumersArea = ConsumersArea<NativeMemory>;

#define RINGMAIN_LAYOUT(STRUCT, FIELD)            \
  STRUCT(Header, 272)                             \
  FIELD(Header, magic, 0)                         \
  FIELD(Header, layout_version, 8)                \
  FIELD(Header, header_bytes, 12)                 \
  FIELD(Header, layout_signature, 16)             \
  FIELD(Header, capacity, 24)                     \
  FIELD(Header, slots_offset, 32)                 \
  FIELD(Header, consumers_bytes, 40)              \
  FIELD(Header, max_consumers, 48)                \
  FIELD(Header, max_groups, 52)                   \
  FIELD(Header, policy, 56)                       \
  FIELD(Header, full_fences, 60)                  \
  FIELD(Header, evict_after_ns, 64)               \
  FIELD(Header, created_ns, 72)                   \
  FIELD(Header, identity, 80)                     \
  FIELD(Header, creator_uid, 96)                  \
  FIELD(Header, creator_pid, 100)                 \
  FIELD(Header, kept, 104)                        \
  FIELD(Header, unused, 112)                      \
  FIELD(Header, type_name, 128)                   \
  FIELD(Header, type_size, 256)                   \
  FIELD(Header, type_hash, 264)                   \
  STRUCT(NativeHeader, 16)                        \
  FIELD(NativeHeader, tag, 0)                     \
  FIELD(NativeHeader, length_and_type, 8)         \
  STRUCT(NativeIndexEntry, 24)                    \
  FIELD(NativeIndexEntry, position, 0)            \
  FIELD(NativeIndexEntry, messages, 8)            \
  FIELD(NativeIndexEntry, bytes, 16)              \
  STRUCT(NativeProducerLines, 25216)              \
  FIELD(NativeProducerLines, tail, 0)             \
  FIELD(NativeProducerLines, limit, 128)          \
  FIELD(NativeProducerLines, proposal, 136)       \
  FIELD(NativeProducerLines, bell, 256)           \
  FIELD(NativeProducerLines, room_wanted, 384)    \
  FIELD(NativeProducerLines, end, 392)            \
  FIELD(NativeProducerLines, removed, 400)        \
  FIELD(NativeProducerLines, registration, 512)   \
  FIELD(NativeProducerLines, room_waits, 520)     \
  FIELD(NativeProducerLines, bells, 528)          \
  FIELD(NativeProducerLines, producer_pid, 536)   \
  FIELD(NativeProducerLines, clean, 540)          \
  FIELD(NativeProducerLines, boot, 544)           \
  FIELD(NativeProducerLines, index, 640)          \
  STRUCT(NativeGroupLine, 384)                    \
  FIELD(NativeGroupLine, state, 0)                \
  FIELD(NativeGroupLine, durable, 8)              \
  FIELD(NativeGroupLine, name, 128)               \
  FIELD(NativeGroupLine, head, 256)               \
  STRUCT(NativeConsumerLine, 128)                 \
  FIELD(NativeConsumerLine, cursor, 0)            \
  FIELD(NativeConsumerLine, state, 8)             \
  FIELD(NativeConsumerLine, group, 16)            \
  FIELD(NativeConsumerLine, lost, 24)             \
  FIELD(NativeConsumerLine, redelivered, 32)      \
  FIELD(NativeConsumerLine, pid, 40)              \
  FIELD(NativeConsumerLine, sleeping, 44)         \
  STRUCT(NativeConsumersArea, 61440)              \
  FIELD(NativeConsumersArea, magic, 0)            \
  FIELD(NativeConsumersArea, layout_signature, 8) \
  FIELD(NativeConsumersArea, identity, 16)        \
  FIELD(NativeConsumersArea, sleepers, 128)       \
  FIELD(NativeConsumersArea, room_bell, 256)      \
  FIELD(NativeConsumersArea, births, 384)         \
  FIELD(NativeConsumersArea, lines_used, 392)     \
  FIELD(NativeConsumersArea, groups_used, 396)    \
  FIELD(NativeConsumersArea, groups, 4096)        \
  FIELD(NativeConsumersArea, lines, 28672)

#define RINGMAIN_ASSERT_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), "layout: size of " #type);
#define RINGMAIN_ASSERT_OFFSET(type, field, offset) static_assert(offsetof(type, field) == (offset), "layout: " #field);
RINGMAIN_LAYOUT(RINGMAIN_ASSERT_SIZE, RINGMAIN_ASSERT_OFFSET)
#undef RINGMAIN_ASSERT_SIZE
#undef RINGMAIN_ASSERT_OFFSET

static_assert(kProducerOffset + sizeof(NativeProducerLines) <= kSlotsOffset);

inline constexpr std::size_t kConsumersBytes = sizeof(NativeConsumersArea);
static_assert(kConsumersBytes % 4096 == 0);

// A hash (FNV-1a, 64 bit) of all that two builds must agree on: the constants, and the size and offset of every field.
consteval std::uint64_t layout_signature() noexcept {
#define RINGMAIN_SIZE(type, bytes) sizeof(type),
#define RINGMAIN_OFFSET_AND_SIZE(type, field, offset) offsetof(type, field), sizeof(type::field),
  const std::uint64_t facts[] = {kLayoutVersion,
                                 kSlotBytes,
                                 kMessageHeaderBytes,
                                 kLineBytes,
                                 kProducerOffset,
                                 kSlotsOffset,
                                 kIndexEntries,
                                 kMaxConsumers,
                                 kMaxGroups,
                                 kMaxNameBytes,
                                 RINGMAIN_LAYOUT(RINGMAIN_SIZE, RINGMAIN_OFFSET_AND_SIZE)};
#undef RINGMAIN_SIZE
#undef RINGMAIN_OFFSET_AND_SIZE
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::uint64_t fact : facts) {
    for (int byte = 0; byte < 8; ++byte, fact >>= 8) hash = (hash ^ (fact & 0xff)) * 0x100000001b3;
  }
  return hash;
}

#undef RINGMAIN_LAYOUT

// --- a mapped ring, as the algorithm sees it.

template <class Memory = NativeMemory>
struct Ring {
  ProducerLines<Memory>* producer = nullptr;
  ConsumersArea<Memory>* consumers = nullptr;  // null for a spectator
  std::byte* slots = nullptr;
  std::uint64_t capacity = 0;
  Policy policy = Policy::kWait;
  bool may_evict = false;
  bool full_fences = false;

  // Headers are never reached through the mirror; whatever `position` is, the result lies in the ring and is aligned.
  MessageHeader<Memory>* header_at(Position position) const noexcept {
    return reinterpret_cast<MessageHeader<Memory>*>(slots + (position & (capacity - kSlotBytes)));
  }
  bool may_overwrite() const noexcept { return policy == Policy::kOverwrite || may_evict; }
};

}  // namespace ringmain::algorithm
