// Rings as things in a directory: their options, and what can be done to them from outside.
//
// A ring NAME is the directory NAME.ring/ in, by falling priority: the option `directory`, the environment variable
// RINGMAIN_DIR, /dev/shm. Names: letters, digits, '.', '_', '-', 1 to 128 bytes, not starting with '.' or '-'.
// Everything here is cold: it makes system calls, may throw Error, and is safe to call from any thread.
// SPDX-License-Identifier: MIT
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ringmain/algorithm/layout.hpp"
#include "ringmain/error.hpp"

namespace ringmain {

inline constexpr std::chrono::nanoseconds kForever = std::chrono::nanoseconds::max();

// What a typed ring carries. Channel<T> fills it in; empty: untyped bytes.
struct TypeIdentity {
  std::string name;        // at most kMaxNameBytes
  std::uint64_t size = 0;  // bytes of one value
  std::uint64_t hash = 0;
  bool operator==(const TypeIdentity&) const = default;
};

struct RingOptions {
  std::filesystem::path directory{};
  std::size_t capacity = std::size_t{8} << 20;  // bytes; a power of two, at least 64 KiB. Reserved at once.
  Policy policy = Policy::kWait;
  // kWait only: a group that keeps the producer waiting for so long is evicted. 0: never.
  std::chrono::nanoseconds evict_after{0};
  // Who may do what, whatever the umask. Read bits: watch as a spectator. Write bits: attach as a consumer. Only the
  // owner (and root) may produce.
  mode_t mode = 0600;
  std::string group{};       // the files' group, by name or number; empty: as the system gives it
  bool full_fences = false;  // fences on the hot path instead of the sleeper's membarrier()
  // The ring outlives its producers: its consumers wait for the next one (as with ConsumerOptions::outlive_producer), and
  // collect() leaves it alone, though nobody uses it. It ends with remove().
  bool keep = false;
  // Of an unnamed ring: whoever has its descriptors may open it as its next producer. So its memory isn't sealed against
  // their writing, only against cutting.
  bool take_over = false;
  TypeIdentity type{};
  std::chrono::nanoseconds spin = std::chrono::microseconds(20);  // before the producer sleeps; kForever: never sleep
};

struct OpenOptions {
  std::filesystem::path directory{};
  bool force_unclean = false;  // take a ring on disk that an earlier boot left without closing
  TypeIdentity type{};
  std::chrono::nanoseconds spin = std::chrono::microseconds(20);
};

// The two descriptors of an unnamed ring, to hand on by fork or over a unix socket.
struct RingDescriptors {
  int ring = -1;
  int consumers = -1;
};

struct ConsumerStatistics {
  std::uint32_t line = 0;
  std::string group{};  // empty: a group of its own
  std::uint64_t position = 0;
  std::uint64_t lag_bytes = 0;  // of its group, slots and headers included
  std::uint64_t lost = 0;       // messages
  std::uint64_t redelivered = 0;
  std::uint32_t pid = 0;  // in its own pid namespace; to inform, never to decide
  bool sleeping = false;
  bool alive = false;
  bool evicted = false;
};

struct GroupStatistics {
  std::string name{};
  std::uint64_t position = 0;
  std::uint64_t lag_bytes = 0;
  std::uint32_t members = 0;
  bool durable = false;
};

struct Statistics {
  std::string name{};
  std::uint64_t capacity = 0;
  Policy policy = Policy::kWait;
  std::chrono::nanoseconds evict_after{0};
  TypeIdentity type{};
  std::uint64_t tail = 0;        // position after the newest message
  std::uint64_t oldest = 0;      // position of the oldest message kept
  std::uint64_t messages = 0;    // published since the ring's birth
  std::uint64_t bytes = 0;       // of payload
  std::uint64_t room_waits = 0;  // times that the producer had to wait for room
  std::uint64_t bells = 0;       // times that the producer woke sleepers
  std::chrono::system_clock::time_point created{};
  std::uint64_t producers = 0;  // that the ring has had so far; grows with every take-over
  std::uint32_t producer_pid = 0;
  bool producer_alive = false;
  bool closed = false;
  bool removed = false;
  bool kept = false;  // RingOptions::keep
  std::vector<ConsumerStatistics> consumers{};
  std::vector<GroupStatistics> groups{};
};

// The state of a ring, read through read-only mappings: disturbs nobody. The figures of a busy ring are each exact, but
// not of one moment. Needs read permission. Throws as attach does.
Statistics statistics(std::string_view name, const std::filesystem::path& directory = {});

// The names of the rings in a directory, sorted. Also sweeps what dead creators and removers left behind. Throws
// kNotFound (the directory), kNoPermission, kSystem.
std::vector<std::string> list(const std::filesystem::path& directory = {});

// Removes a ring, a damaged one, too: whoever holds it drains what it can and then ends with kRemoved. Throws kInUse
// while a participant is alive, unless `even_if_in_use`, or when another makes or removes it and isn't done after a
// second, for which this waits; kNotFound; kNoPermission; kSquatted; kNotARing for what is something else, or holds
// other files. If it throws, the ring is as it was.
void remove(std::string_view name, const std::filesystem::path& directory = {}, bool even_if_in_use = false);

// What keeps a ring from being collected.
enum class Keeper : std::uint8_t {
  kNobody,        // it is dead: collected
  kParticipant,   // a producer or a consumer is alive
  kDurableGroup,  // a durable group has its place in it
  kOption,        // RingOptions::keep
};

// Removes a ring that nobody uses and that nothing keeps; else says what keeps it. Who attaches or takes over meanwhile
// either keeps the ring, or finds that it isn't there. With `only_look` nothing is removed. Throws as remove() does,
// kInUse but for who is stuck in making or removing it; and as attach does for a damaged ring, which it leaves.
Keeper collect(std::string_view name, const std::filesystem::path& directory = {}, bool only_look = false);

// Evicts the consumer with this line, and with it the whole named group of which it is a member; or a named group. Who
// is evicted learns it from its next receive that finds nothing, within 100 ms; the producer goes on at once. Only of a
// ring that overwrites or may evict, because only there consumers reckon with it. Throws kNotFound (no such line or
// group), kBadOption (a ring that never evicts), and as attach does.
void evict(std::string_view name, std::uint32_t line, const std::filesystem::path& directory = {});
void evict(std::string_view name, std::string_view group, const std::filesystem::path& directory = {});

// Dissolves a named group that has no living member, durable or not; `group` is the name, or what statistics() shows of
// one that garbage made. Throws kNotFound, kBadName, kInUse, and as attach does.
void remove_group(std::string_view name, std::string_view group, const std::filesystem::path& directory = {});

// The largest payload of one message in a ring of `capacity` bytes: capacity / 2 - 16.
constexpr std::size_t max_message_bytes(std::size_t capacity) noexcept { return capacity / 2 - 16; }

// The smallest capacity of a ring that takes messages of `bytes`; 0 if there is none.
constexpr std::size_t capacity_for(std::size_t bytes) noexcept {
  std::size_t capacity = std::size_t{64} << 10;
  while (capacity != 0 && max_message_bytes(capacity) < bytes) capacity <<= 1;
  return capacity;
}

}  // namespace ringmain
