// SPDX-License-Identifier: MIT
#include "fail.hpp"
#include "names.hpp"
#include "ringmain/algorithm/registry.hpp"
#include "ringmain/algorithm/start.hpp"
#include "ringmain/segment.hpp"
#include "segment.hpp"

namespace ringmain {

namespace {

using algorithm::GroupReference;
using algorithm::GroupWord;
using algorithm::LineState;
using algorithm::LineWord;
using Registry = algorithm::Registry<algorithm::NativeMemory>;

std::uint64_t lag(std::uint64_t tail, std::uint64_t position) noexcept { return position < tail ? tail - position : 0; }

void add_groups(Statistics& statistics, const algorithm::NativeConsumersArea& area, const Registry& registry) {
  for (std::size_t i = 0; i < registry.groups_used(); ++i) {
    const auto word = GroupWord::of(area.groups[i].state.load(std::memory_order_acquire));
    if (word.state != LineState::kActive) continue;
    const GroupReference reference{word.generation, static_cast<std::uint32_t>(i + 1)};
    GroupStatistics group{.name = text_of(registry.name_of(i)),
                          .position = area.groups[i].head.load(std::memory_order_acquire)};
    group.durable = area.groups[i].durable.load(std::memory_order_relaxed) != 0;
    for (std::size_t line = 0; line < registry.lines_used(); ++line) {
      if (!registry.occupied(line) || !registry.belongs(line, reference)) continue;
      ++group.members;
      group.position = std::min(group.position, area.lines[line].cursor.load(std::memory_order_acquire));
    }
    group.lag_bytes = lag(statistics.tail, group.position);
    statistics.groups.push_back(std::move(group));
  }
}

void add_consumers(Statistics& statistics, const Segment& segment, const Registry& registry) {
  const auto& area = *segment.consumers();
  for (std::size_t i = 0; i < registry.lines_used(); ++i) {
    const auto& line = area.lines[i];
    const auto word = LineWord::of(line.state.load(std::memory_order_acquire));
    // Who is joining has no place yet: what is published now is not for him.
    if (word.state == LineState::kFree || word.state == LineState::kJoining) continue;
    ConsumerStatistics consumer{.line = static_cast<std::uint32_t>(i)};
    const auto group = GroupReference::of(line.group.load(std::memory_order_acquire));
    consumer.position = line.cursor.load(std::memory_order_acquire);
    if (group.number >= 1 && group.number <= kMaxGroups) {
      consumer.group = text_of(registry.name_of(group.number - 1));
      // A member that holds nothing stands where its group does.
      consumer.position =
          std::min(consumer.position, area.groups[group.number - 1].head.load(std::memory_order_acquire));
    }
    consumer.lag_bytes = lag(statistics.tail, consumer.position);
    consumer.lost = line.lost.load(std::memory_order_relaxed);
    consumer.redelivered = line.redelivered.load(std::memory_order_relaxed);
    consumer.pid = line.pid.load(std::memory_order_relaxed);
    consumer.sleeping = line.sleeping.load(std::memory_order_relaxed) != 0;
    consumer.alive = segment.consumer_alive(i);
    consumer.evicted = word.state == LineState::kEvicted;
    statistics.consumers.push_back(std::move(consumer));
  }
}

}  // namespace

Statistics statistics(std::string_view name, const std::filesystem::path& directory) {
  const Segment segment = Segment::open(name, directory, Access::kWatch);
  const auto& header = segment.header();
  const auto& lines = segment.producer();
  Statistics result{.name = std::string(name),
                    .capacity = header.capacity,
                    .policy = static_cast<Policy>(header.policy),
                    .evict_after = std::chrono::nanoseconds(header.evict_after_ns),
                    .type = segment.type(),
                    .kept = header.kept != 0};
  result.created = segment.created();
  const auto newest = algorithm::newest(segment.ring());
  const auto oldest = algorithm::locate(segment.ring(), Start::oldest());
  if (!newest || !oldest) {
    fail(Status::kCorrupt, "ring '" + result.name + "': the producer's lines contradict each other; remove the ring");
  }
  result.tail = newest->position;
  result.oldest = oldest->position;
  result.messages = newest->messages;
  result.bytes = newest->bytes;
  result.room_waits = lines.room_waits.load(std::memory_order_relaxed);
  result.bells = lines.bells.load(std::memory_order_relaxed);
  result.producers = lines.registration.load(std::memory_order_relaxed);
  result.producer_pid = lines.producer_pid.load(std::memory_order_relaxed);
  result.producer_alive = segment.producer_alive();
  result.closed = lines.end.load(std::memory_order_acquire) != 0;
  result.removed = lines.removed.load(std::memory_order_acquire) != 0;
  if (auto* area = segment.consumers(); area != nullptr) {
    const Registry registry(*area);
    add_groups(result, *area, registry);
    add_consumers(result, segment, registry);
  }
  return result;
}

}  // namespace ringmain
