// SPDX-License-Identifier: MIT
#include "statistics_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "printable.hpp"
#include "quantity.hpp"
#include "ring_state.hpp"
#include "table.hpp"
#include "wall_clock.hpp"

namespace ringmain::cli {
namespace {

std::string policy_of(const Statistics& ring) {
  if (ring.policy == Policy::kOverwrite) return "overwrite";
  if (ring.evict_after.count() > 0) return fmt::format("evict {}", human_duration(ring.evict_after));
  return "wait";
}

// Its policy, and what else distinguishes it.
std::string kind_of(const Statistics& ring) {
  std::string kind = policy_of(ring);
  if (ring.kept) kind += ", kept";
  const auto durable = [](const GroupStatistics& group) { return group.durable; };
  if (std::any_of(ring.groups.begin(), ring.groups.end(), durable)) kind += ", durable";
  if (!ring.type.name.empty()) kind += ", typed";
  return kind;
}

std::string age_of(const Statistics& ring) { return human_age(std::chrono::system_clock::now() - ring.created); }

Cell lag_cell(const Statistics& ring, std::uint64_t lag) {
  const bool gates = lag > 0 && lag == gating_lag(ring);
  return {human_bytes(lag), gates ? Colour::kYellow : Colour::kPlain};
}

std::string group_table(const Statistics& ring) {
  Table table({"GROUP", ">MEMBERS", ">POSITION", ">LAG", "DURABLE"});
  for (const GroupStatistics& group : ring.groups) {
    table.add({printable(group.name), fmt::to_string(group.members), fmt::to_string(group.position),
               lag_cell(ring, group.lag_bytes), group.durable ? "yes" : "no"});
  }
  return table.text();
}

std::string consumer_table(const Statistics& ring) {
  Table table({">LINE", "GROUP", "STATE", ">POSITION", ">LAG", ">LOST", ">REDELIVERED", ">PID"});
  for (const ConsumerStatistics& consumer : ring.consumers) {
    table.add({fmt::to_string(consumer.line), consumer.group.empty() ? "-" : printable(consumer.group),
               Cell(state_of(consumer), colour_of(consumer)), fmt::to_string(consumer.position),
               lag_cell(ring, consumer.lag_bytes), fmt::to_string(consumer.lost), fmt::to_string(consumer.redelivered),
               fmt::to_string(consumer.pid)});
  }
  return table.text();
}

std::string line_of(const char* what, const std::string& text) { return fmt::format("{:<10} {}\n", what, text); }

std::string lines_of(const Statistics& ring, const std::optional<Rate>& rate) {
  std::string text = line_of("state", paint(state_of(ring), colour_of(ring)));
  text += line_of("producer", fmt::format("pid {}{}; number {} of this ring", ring.producer_pid,
                                          ring.producer_alive ? "" : " (gone)", ring.producers));
  text += line_of("created", fmt::format("{}, {} ago", date_time(ring.created), age_of(ring)));
  text += line_of("capacity", fmt::format("{}, messages up to {} bytes", human_bytes(ring.capacity),
                                          max_message_bytes(ring.capacity)));
  text += line_of("kind", kind_of(ring));
  if (!ring.type.name.empty()) {
    text += line_of("type", fmt::format("{}, {} bytes", printable(ring.type.name), ring.type.size));
  }
  text += line_of("published", fmt::format("{} messages, {}", ring.messages, human_bytes(ring.bytes)));
  if (rate) {
    text += line_of("rate",
                    fmt::format("{} messages/s, {}/s; {} waits for room/s", human_count(rate->messages),
                                human_bytes(static_cast<std::uint64_t>(rate->bytes)), human_count(rate->room_waits)));
  }
  text += line_of("position", fmt::format("{}; the oldest message kept is at {}", ring.tail, ring.oldest));
  text += line_of("waits", fmt::format("{} for room; woke sleepers {} times", ring.room_waits, ring.bells));
  return text;
}

}  // namespace

std::string state_of(const ConsumerStatistics& consumer) {
  if (consumer.evicted) return "evicted";
  if (!consumer.alive) return "dead";
  return consumer.sleeping ? "sleeping" : "awake";
}

Colour colour_of(const Statistics& ring) {
  if (ring.removed || ring.closed) return Colour::kDim;
  return ring.producer_alive ? Colour::kGreen : Colour::kRed;
}

Colour colour_of(const ConsumerStatistics& consumer) {
  if (consumer.evicted || !consumer.alive) return Colour::kRed;
  return consumer.sleeping ? Colour::kDim : Colour::kGreen;
}

std::string table_of(const std::vector<Listed>& rings) {
  Table table({"NAME", "STATE", "KIND", ">CAPACITY", ">PRODUCER", ">GROUPS", ">MESSAGES", ">AGE"});
  for (const Listed& listed : rings) {
    if (listed.status != Status::kOk) {
      table.add({listed.name, Cell(describe(listed.status), Colour::kRed)});
      continue;
    }
    const Statistics& ring = listed.statistics;
    table.add({listed.name, Cell(state_of(ring), colour_of(ring)), kind_of(ring), human_bytes(ring.capacity),
               ring.producer_alive ? fmt::to_string(ring.producer_pid) : "-", fmt::to_string(groups_of(ring)),
               fmt::to_string(ring.messages), age_of(ring)});
  }
  return table.text();
}

std::string details_of(const Listed& listed, const std::optional<Rate>& rate) {
  std::string text = line_of("ring", paint(printable(listed.name), Colour::kBold));
  if (listed.status != Status::kOk) {
    return text + line_of("state", paint(describe(listed.status), Colour::kRed)) +
           line_of("problem", printable(listed.problem));
  }
  const Statistics& ring = listed.statistics;
  text += lines_of(ring, rate);
  if (!ring.groups.empty()) text.append("\n").append(group_table(ring));
  if (!ring.consumers.empty()) text.append("\n").append(consumer_table(ring));
  return text;
}

}  // namespace ringmain::cli
