// SPDX-License-Identifier: MIT
#include <chrono>
#include <nlohmann/json.hpp>

#include "ring_state.hpp"
#include "statistics_text.hpp"

namespace ringmain::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of_consumer(const ConsumerStatistics& consumer) {
  return {{"line", consumer.line},         {"group", consumer.group.empty() ? Json() : Json(consumer.group)},
          {"position", consumer.position}, {"lag_bytes", consumer.lag_bytes},
          {"lost", consumer.lost},         {"redelivered", consumer.redelivered},
          {"pid", consumer.pid},           {"sleeping", consumer.sleeping},
          {"alive", consumer.alive},       {"evicted", consumer.evicted}};
}

Json json_of_group(const GroupStatistics& group) {
  return {{"name", group.name},
          {"position", group.position},
          {"lag_bytes", group.lag_bytes},
          {"members", group.members},
          {"durable", group.durable}};
}

Json json_of_type(const TypeIdentity& type) {
  if (type == TypeIdentity{}) return nullptr;
  return {{"name", type.name}, {"size", type.size}, {"hash", type.hash}};
}

}  // namespace

Json json_of(const Listed& listed, const std::optional<Rate>& rate) {
  if (listed.status != Status::kOk) {
    return {{"name", listed.name}, {"state", describe(listed.status)}, {"problem", listed.problem}};
  }
  const Statistics& ring = listed.statistics;
  Json json = {{"name", listed.name},
               {"state", state_of(ring)},
               {"capacity", ring.capacity},
               {"policy", ring.policy == Policy::kOverwrite ? "overwrite" : "wait"},
               {"evict_after_ns", ring.evict_after.count()},
               {"kept", ring.kept},
               {"type", json_of_type(ring.type)},
               {"created_ns", ring.created.time_since_epoch() / std::chrono::nanoseconds(1)},
               {"tail", ring.tail},
               {"oldest", ring.oldest},
               {"messages", ring.messages},
               {"bytes", ring.bytes},
               {"room_waits", ring.room_waits},
               {"bells", ring.bells},
               {"producers", ring.producers},
               {"producer_pid", ring.producer_pid},
               {"producer_alive", ring.producer_alive},
               {"slowest_lag_bytes", slowest_lag(ring)},
               {"groups", Json::array()},
               {"consumers", Json::array()}};
  if (rate) {
    json["messages_per_s"] = rate->messages;
    json["bytes_per_s"] = rate->bytes;
    json["room_waits_per_s"] = rate->room_waits;
  }
  for (const GroupStatistics& group : ring.groups) json["groups"].push_back(json_of_group(group));
  for (const ConsumerStatistics& consumer : ring.consumers) json["consumers"].push_back(json_of_consumer(consumer));
  return json;
}

std::string text_of(const Json& json, int indent) {
  return json.dump(indent, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace ringmain::cli
