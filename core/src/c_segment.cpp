// The C interface: rings, from outside.
// SPDX-License-Identifier: MIT
#include "ringmain/segment.hpp"

#include <string>
#include <vector>

#include "c_interface.hpp"

static_assert(offsetof(ringmain_consumer_statistics, line) == 32);
static_assert(offsetof(ringmain_consumer_statistics, sleeping) == 40);
static_assert(offsetof(ringmain_consumer_statistics, group) == 48 && sizeof(ringmain_consumer_statistics) == 256);
static_assert(offsetof(ringmain_group_statistics, members) == 16 && offsetof(ringmain_group_statistics, durable) == 20);
static_assert(offsetof(ringmain_group_statistics, name) == 24 && sizeof(ringmain_group_statistics) == 192);
static_assert(offsetof(ringmain_statistics, consumer_count) == 40 && offsetof(ringmain_statistics, capacity) == 56);
static_assert(offsetof(ringmain_statistics, evict_after_ns) == 120 && offsetof(ringmain_statistics, policy) == 144);
static_assert(offsetof(ringmain_statistics, producer_alive) == 152 && offsetof(ringmain_statistics, name) == 160);
static_assert(offsetof(ringmain_statistics, type_name) == 296 && offsetof(ringmain_statistics, created_ns) == 432);

using namespace ringmain;

namespace {

void copy_name(char (&to)[RINGMAIN_NAME_SIZE], const std::string& from) noexcept {
  to[from.copy(to, RINGMAIN_NAME_SIZE - 1)] = '\0';
}

ringmain_consumer_statistics in_c(const ConsumerStatistics& from) noexcept {
  ringmain_consumer_statistics to{};
  to.position = from.position;
  to.lag_bytes = from.lag_bytes;
  to.lost = from.lost;
  to.redelivered = from.redelivered;
  to.line = from.line;
  to.pid = from.pid;
  to.sleeping = from.sleeping ? 1 : 0;
  to.alive = from.alive ? 1 : 0;
  to.evicted = from.evicted ? 1 : 0;
  copy_name(to.group, from.group);
  return to;
}

ringmain_group_statistics in_c(const GroupStatistics& from) noexcept {
  ringmain_group_statistics to{};
  to.position = from.position;
  to.lag_bytes = from.lag_bytes;
  to.members = from.members;
  to.durable = from.durable ? 1 : 0;
  copy_name(to.name, from.name);
  return to;
}

template <class From, class To>
void fill(const std::vector<From>& from, To* to, std::size_t size) noexcept {
  for (std::size_t i = 0; i < std::min(from.size(), size); ++i) to[i] = in_c(from[i]);
}

void fill(const Statistics& from, ringmain_statistics& to) noexcept {
  fill(from.consumers, to.consumers, to.consumers_size);
  fill(from.groups, to.groups, to.groups_size);
  to.consumer_count = from.consumers.size();
  to.group_count = from.groups.size();
  to.capacity = from.capacity;
  to.tail = from.tail;
  to.oldest = from.oldest;
  to.messages = from.messages;
  to.bytes = from.bytes;
  to.room_waits = from.room_waits;
  to.bells = from.bells;
  to.producers = from.producers;
  to.evict_after_ns = from.evict_after.count();
  to.type_size = from.type.size;
  to.type_hash = from.type.hash;
  to.policy = static_cast<std::uint32_t>(from.policy);
  to.producer_pid = from.producer_pid;
  to.producer_alive = from.producer_alive ? 1 : 0;
  to.closed = from.closed ? 1 : 0;
  to.removed = from.removed ? 1 : 0;
  to.kept = from.kept ? 1 : 0;
  to.created_ns = std::chrono::nanoseconds(from.created.time_since_epoch()).count();
  copy_name(to.name, from.name);
  copy_name(to.type_name, from.type.name);
}

}  // namespace

extern "C" {

int ringmain_statistics_init(ringmain_statistics* statistics, size_t struct_size) {
  return c::initialise(statistics, struct_size, {});
}

int ringmain_read_statistics(const char* name, const char* directory, ringmain_statistics* statistics) {
  if (statistics == nullptr) return c::misuse("the struct is null");
  return c::guarded([&] {
    ringmain_statistics result = c::known_part(statistics, {});
    if (result.consumers == nullptr) result.consumers_size = 0;
    if (result.groups == nullptr) result.groups_size = 0;
    fill(ringmain::statistics(c::required(name, "name"), c::or_empty(directory)), result);
    std::memcpy(statistics, &result, std::min(result.struct_size, sizeof result));
  });
}

int ringmain_list(const char* directory, ringmain_visitor visitor, void* context) {
  if (visitor == nullptr) return c::misuse("the visitor is null");
  return c::guarded([&] {
    for (const std::string& name : ringmain::list(c::or_empty(directory))) {
      if (visitor(name.c_str(), context) != 0) break;
    }
  });
}

int ringmain_remove(const char* name, const char* directory, int even_if_in_use) {
  return c::guarded([&] { ringmain::remove(c::required(name, "name"), c::or_empty(directory), even_if_in_use != 0); });
}

int ringmain_remove_group(const char* name, const char* group, const char* directory) {
  return c::guarded(
      [&] { ringmain::remove_group(c::required(name, "name"), c::required(group, "group"), c::or_empty(directory)); });
}

static_assert(RINGMAIN_NOBODY == static_cast<int>(Keeper::kNobody));
static_assert(RINGMAIN_PARTICIPANT == static_cast<int>(Keeper::kParticipant));
static_assert(RINGMAIN_DURABLE_GROUP == static_cast<int>(Keeper::kDurableGroup));
static_assert(RINGMAIN_KEPT == static_cast<int>(Keeper::kOption));

int ringmain_collect(const char* name, const char* directory, int only_look, int* keeper) {
  return c::guarded([&] {
    const Keeper found = ringmain::collect(c::required(name, "name"), c::or_empty(directory), only_look != 0);
    if (keeper != nullptr) *keeper = static_cast<int>(found);
  });
}

int ringmain_evict_consumer(const char* name, uint32_t line, const char* directory) {
  return c::guarded([&] { ringmain::evict(c::required(name, "name"), line, c::or_empty(directory)); });
}

int ringmain_evict_group(const char* name, const char* group, const char* directory) {
  return c::guarded(
      [&] { ringmain::evict(c::required(name, "name"), c::required(group, "group"), c::or_empty(directory)); });
}

}  // extern "C"
