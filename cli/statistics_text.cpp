// SPDX-License-Identifier: MIT
#include "statistics_text.hpp"

#include <fmt/format.h>

#include "quantity.hpp"
#include "ring_state.hpp"
#include "table.hpp"

namespace ringmain::cli {
namespace {

std::string policy_of(const Statistics& ring) {
  if (ring.policy == Policy::kOverwrite) return "overwrite";
  if (ring.evict_after.count() > 0) return fmt::format("evict {}", human_duration(ring.evict_after));
  return "wait";
}

std::string state_of_consumer(const ConsumerStatistics& consumer) {
  if (consumer.evicted) return "evicted";
  if (!consumer.alive) return "dead";
  return consumer.sleeping ? "sleeping" : "awake";
}

std::string group_table(const Statistics& ring) {
  Table table({"GROUP", ">MEMBERS", ">POSITION", ">LAG", "DURABLE"});
  for (const GroupStatistics& group : ring.groups) {
    table.add({group.name, fmt::to_string(group.members), fmt::to_string(group.position), human_bytes(group.lag_bytes),
               group.durable ? "yes" : "no"});
  }
  return table.text();
}

std::string consumer_table(const Statistics& ring) {
  Table table({">LINE", "GROUP", "STATE", ">POSITION", ">LAG", ">LOST", ">REDELIVERED", ">PID"});
  for (const ConsumerStatistics& consumer : ring.consumers) {
    table.add({fmt::to_string(consumer.line), consumer.group.empty() ? "-" : consumer.group,
               state_of_consumer(consumer), fmt::to_string(consumer.position), human_bytes(consumer.lag_bytes),
               fmt::to_string(consumer.lost), fmt::to_string(consumer.redelivered), fmt::to_string(consumer.pid)});
  }
  return table.text();
}

}  // namespace

std::string table_of(const std::vector<Listed>& rings) {
  Table table({"NAME", "STATE", ">CAPACITY", "POLICY", ">MESSAGES", ">PUBLISHED", ">CONSUMERS", ">LAG", ">PRODUCER"});
  for (const Listed& listed : rings) {
    if (listed.status != Status::kOk) {
      table.add({listed.name, describe(listed.status)});
      continue;
    }
    const Statistics& ring = listed.statistics;
    table.add({listed.name, state_of(ring), human_bytes(ring.capacity), policy_of(ring), fmt::to_string(ring.messages),
               human_bytes(ring.bytes), fmt::to_string(living_consumers(ring)),
               ring.consumers.empty() && ring.groups.empty() ? "-" : human_bytes(slowest_lag(ring)),
               ring.producer_alive ? fmt::to_string(ring.producer_pid) : "-"});
  }
  return table.text();
}

std::string details_of(const Statistics& ring) {
  std::string text = fmt::format(
      "ring       {}\n"
      "state      {}\n"
      "producer   pid {}{}\n"
      "capacity   {}, messages up to {} bytes\n"
      "policy     {}\n"
      "published  {} messages, {}\n"
      "position   {}; the oldest message kept is at {}\n"
      "waits      {} for room; woke sleepers {} times\n",
      ring.name, state_of(ring), ring.producer_pid, ring.producer_alive ? "" : " (gone)", human_bytes(ring.capacity),
      max_message_bytes(ring.capacity), policy_of(ring), ring.messages, human_bytes(ring.bytes), ring.tail, ring.oldest,
      ring.room_waits, ring.bells);
  if (!ring.type.name.empty()) text += fmt::format("type       {}, {} bytes\n", ring.type.name, ring.type.size);
  if (!ring.groups.empty()) text.append("\n").append(group_table(ring));
  if (!ring.consumers.empty()) text.append("\n").append(consumer_table(ring));
  return text;
}

}  // namespace ringmain::cli
