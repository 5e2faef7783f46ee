// SPDX-License-Identifier: MIT
#include "rings.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <filesystem>

#include "ringmain/segment.hpp"

namespace ringmain::python {

namespace {

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

void bind_participants(nb::module_& module) {
  nb::class_<ConsumerStatistics>(module, "ConsumerStat", "A consumer, as seen from outside.")
      .def_ro("line", &ConsumerStatistics::line, "Its number in the ring.")
      .def_ro("group", &ConsumerStatistics::group, "Its named group; empty: none.")
      .def_ro("position", &ConsumerStatistics::position, "Of what it receives next, in bytes since the ring's birth.")
      .def_ro("lag", &ConsumerStatistics::lag_bytes,
              "What it, or its group, hasn't received yet, in bytes of the ring.")
      .def_ro("lost", &ConsumerStatistics::lost, "Messages overwritten before it received them.")
      .def_ro("redelivered", &ConsumerStatistics::redelivered, "Messages it took over from members that died.")
      .def_ro("pid", &ConsumerStatistics::pid, "In its own pid namespace.")
      .def_ro("sleeping", &ConsumerStatistics::sleeping, "It sleeps until a message comes.")
      .def_ro("alive", &ConsumerStatistics::alive, "Its process lives, as the kernel says.")
      .def_ro("evicted", &ConsumerStatistics::evicted, "It was too slow, and hasn't left yet.");
  nb::class_<GroupStatistics>(module, "GroupStat", "A named group.")
      .def_ro("name", &GroupStatistics::name)
      .def_ro("position", &GroupStatistics::position, "Of what its members receive next.")
      .def_ro("lag", &GroupStatistics::lag_bytes, "What they haven't received yet, in bytes of the ring.")
      .def_ro("members", &GroupStatistics::members)
      .def_ro("durable", &GroupStatistics::durable, "It keeps its place without members.");
}

void bind_ring(nb::module_& module) {
  nb::class_<Statistics>(module, "Stat", "The state of a ring: each figure is exact, but not all are of one moment.")
      .def_ro("name", &Statistics::name)
      .def_ro("capacity", &Statistics::capacity, "In bytes.")
      .def_prop_ro(
          "policy", [](const Statistics& s) { return s.policy == Policy::kWait ? "wait" : "overwrite"; },
          nb::sig("def policy(self) -> str"), "'wait' or 'overwrite'.")
      .def_prop_ro(
          "evict_after", [](const Statistics& s) { return seconds(s.evict_after); }, "In seconds; 0: never.")
      .def_ro("tail", &Statistics::tail, "Position behind the newest message.")
      .def_ro("oldest", &Statistics::oldest, "Position of the oldest message kept.")
      .def_ro("messages", &Statistics::messages, "Sent since the ring's birth.")
      .def_ro("bytes", &Statistics::bytes, "Of their payload.")
      .def_ro("room_waits", &Statistics::room_waits, "Times that the producer had to sleep for room.")
      .def_ro("bells", &Statistics::bells, "Times that the producer woke sleepers.")
      .def_prop_ro(
          "created", [](const Statistics& s) { return seconds(s.created.time_since_epoch()); },
          "As time.time() has it.")
      .def_ro("producers", &Statistics::producers, "That the ring has had so far.")
      .def_ro("producer_pid", &Statistics::producer_pid, "In its own pid namespace.")
      .def_ro("producer_alive", &Statistics::producer_alive, "Its process lives, as the kernel says.")
      .def_ro("closed", &Statistics::closed, "The producer has closed it.")
      .def_ro("removed", &Statistics::removed)
      .def_ro("kept", &Statistics::kept, "It outlives its producers (keep=True).")
      .def_ro("consumers", &Statistics::consumers)
      .def_ro("groups", &Statistics::groups)
      .def("__repr__", [](const Statistics& s) {
        return "<ringmain.Stat of '" + s.name + "': " + std::to_string(s.messages) + " messages, " +
               std::to_string(s.consumers.size()) + " consumers, producer " +
               (s.closed           ? "closed>"
                : s.producer_alive ? "alive>"
                                   : "gone>");
      });
}

}  // namespace

void bind_rings(nb::module_& module) {
  bind_participants(module);
  bind_ring(module);
  module.def(
      "statistics", [](const std::string& name, const std::string& directory) { return statistics(name, directory); },
      "name"_a, "directory"_a);
  module.def(
      "names", [](const std::string& directory) { return list(directory); }, "directory"_a);
  module.def(
      "remove",
      [](const std::string& name, const std::string& directory, bool force) { remove(name, directory, force); },
      "name"_a, "directory"_a, "force"_a);
  module.def(
      "collect",
      [](const std::string& name, const std::string& directory, bool only_look) {
        return collect(name, directory, only_look) == Keeper::kNobody;
      },
      "name"_a, "directory"_a, "only_look"_a,
      "Whether nothing keeps the ring; then it is removed, unless `only_look`.");
}

}  // namespace ringmain::python
