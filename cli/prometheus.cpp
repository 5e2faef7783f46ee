// SPDX-License-Identifier: MIT
#include "prometheus.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <set>
#include <utility>

#include "printable.hpp"
#include "ring_state.hpp"

namespace ringmain::cli {
namespace {

constexpr const char* kCounter = "counter";
constexpr const char* kGauge = "gauge";

// What is told of each ring, group or consumer.
template <class Subject>
struct Metric {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t (*value)(const Subject&);
};

constexpr std::array<Metric<Listed>, 1> kOfEverything{
    {{"ringmain_up", kGauge, "Whether the state of the ring can be read.",
      [](const Listed& ring) { return std::uint64_t{ring.status == Status::kOk}; }}}};

constexpr std::array<Metric<Statistics>, 10> kOfRings{{
    {"ringmain_producer_alive", kGauge, "Whether the ring has a living producer.",
     [](const Statistics& ring) { return std::uint64_t{ring.producer_alive}; }},
    {"ringmain_closed", kGauge, "Whether the producer has ended the stream.",
     [](const Statistics& ring) { return std::uint64_t{ring.closed}; }},
    {"ringmain_kept", kGauge, "Whether the ring stays when nobody uses it.",
     [](const Statistics& ring) { return std::uint64_t{ring.kept}; }},
    {"ringmain_created_timestamp_seconds", kGauge, "When the ring was created, in seconds since the epoch.",
     [](const Statistics& ring) {
       return static_cast<std::uint64_t>(ring.created.time_since_epoch() / std::chrono::seconds(1));
     }},
    {"ringmain_capacity_bytes", kGauge, "The size of the ring.", [](const Statistics& ring) { return ring.capacity; }},
    {"ringmain_groups", kGauge, "Groups of consumers; a consumer of no named group is one of its own.",
     [](const Statistics& ring) { return std::uint64_t{groups_of(ring)}; }},
    {"ringmain_messages_total", kCounter, "Messages published since the birth of the ring.",
     [](const Statistics& ring) { return ring.messages; }},
    {"ringmain_bytes_total", kCounter, "Bytes of payload published since the birth of the ring.",
     [](const Statistics& ring) { return ring.bytes; }},
    {"ringmain_room_waits_total", kCounter, "Times that the producer had to wait for room.",
     [](const Statistics& ring) { return ring.room_waits; }},
    {"ringmain_bells_total", kCounter, "Times that the producer woke sleepers.",
     [](const Statistics& ring) { return ring.bells; }},
}};

constexpr std::array<Metric<GroupStatistics>, 3> kOfGroups{{
    {"ringmain_group_lag_bytes", kGauge, "How far the group is behind, headers and padding included.",
     [](const GroupStatistics& group) { return group.lag_bytes; }},
    {"ringmain_group_members", kGauge, "Members of the group.",
     [](const GroupStatistics& group) { return std::uint64_t{group.members}; }},
    {"ringmain_group_durable", kGauge, "Whether the group keeps its place without members.",
     [](const GroupStatistics& group) { return std::uint64_t{group.durable}; }},
}};

constexpr std::array<Metric<ConsumerStatistics>, 6> kOfConsumers{{
    {"ringmain_consumer_lag_bytes", kGauge, "How far the consumer is behind, headers and padding included.",
     [](const ConsumerStatistics& consumer) { return consumer.lag_bytes; }},
    {"ringmain_consumer_lost_total", kCounter, "Messages that the consumer has missed.",
     [](const ConsumerStatistics& consumer) { return consumer.lost; }},
    {"ringmain_consumer_redelivered_total", kCounter, "Messages that a member that died had held before.",
     [](const ConsumerStatistics& consumer) { return consumer.redelivered; }},
    {"ringmain_consumer_alive", kGauge, "Whether the consumer is alive.",
     [](const ConsumerStatistics& consumer) { return std::uint64_t{consumer.alive}; }},
    {"ringmain_consumer_sleeping", kGauge, "Whether the consumer sleeps until there is a message.",
     [](const ConsumerStatistics& consumer) { return std::uint64_t{consumer.sleeping}; }},
    {"ringmain_consumer_evicted", kGauge, "Whether the consumer was evicted.",
     [](const ConsumerStatistics& consumer) { return std::uint64_t{consumer.evicted}; }},
}};

// Printable first: bytes that are no UTF-8 would make the whole page unreadable.
std::string label(const char* name, const std::string& value) {
  std::string quoted;
  for (const char byte : printable(value)) {
    if (byte == '\\' || byte == '"') quoted += '\\';
    quoted += byte;
  }
  return fmt::format("{}=\"{}\"", name, quoted);
}

std::string labels_of(const Listed& ring) { return label("ring", ring.name); }
std::string labels_of(const Statistics& ring) { return label("ring", ring.name); }
std::string labels_of(const Statistics& ring, const GroupStatistics& group) {
  return labels_of(ring) + "," + label("group", group.name);
}
std::string labels_of(const Statistics& ring, const ConsumerStatistics& consumer) {
  return fmt::format("{},{},{}", labels_of(ring), label("group", consumer.group),
                     label("line", fmt::to_string(consumer.line)));
}

template <class Subject>
struct Labelled {
  std::string labels;
  const Subject* subject;
};

// No two with the same labels: garbage may have given two groups one name, and Prometheus takes no page that says one
// thing twice.
template <class Subject>
class Subjects {
 public:
  void add(std::string labels, const Subject& subject) {
    if (taken_.insert(labels).second) all_.push_back({std::move(labels), &subject});
  }

  template <std::size_t Count>
  std::string text_of(const std::array<Metric<Subject>, Count>& metrics) const {
    std::string text;
    if (all_.empty()) return text;
    for (const Metric<Subject>& metric : metrics) {
      text += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", metric.name, metric.help, metric.type);
      for (const Labelled<Subject>& one : all_) {
        text += fmt::format("{}{{{}}} {}\n", metric.name, one.labels, metric.value(*one.subject));
      }
    }
    return text;
  }

 private:
  std::set<std::string> taken_{};
  std::vector<Labelled<Subject>> all_{};
};

}  // namespace

std::string metrics_of(const std::vector<Listed>& all) {
  Subjects<Listed> everything;
  Subjects<Statistics> rings;
  Subjects<GroupStatistics> groups;
  Subjects<ConsumerStatistics> consumers;
  for (const Listed& listed : all) {
    everything.add(labels_of(listed), listed);
    if (listed.status != Status::kOk) continue;
    const Statistics& ring = listed.statistics;
    rings.add(labels_of(ring), ring);
    for (const GroupStatistics& group : ring.groups) groups.add(labels_of(ring, group), group);
    for (const ConsumerStatistics& consumer : ring.consumers) consumers.add(labels_of(ring, consumer), consumer);
  }
  return everything.text_of(kOfEverything) + rings.text_of(kOfRings) + groups.text_of(kOfGroups) +
         consumers.text_of(kOfConsumers);
}

}  // namespace ringmain::cli
