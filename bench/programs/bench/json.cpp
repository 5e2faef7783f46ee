// SPDX-License-Identifier: MIT
#include "programs/bench/json.hpp"

namespace ringmain::bench {
namespace {

using nlohmann::json;

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::kLimit: return "limit";
    case Kind::kRing: return "ring";
    case Kind::kRival: return "rival";
  }
  return "";
}

const char* name_of(Touch touch) {
  switch (touch) {
    case Touch::kAll: return "all";
    case Touch::kAllCopied: return "copied";
    case Touch::kLines: return "lines";
    case Touch::kEnds: return "ends";
  }
  return "";
}

json to_json(const Spread& spread) { return {{"low", spread.low}, {"median", spread.median}, {"high", spread.high}}; }

json to_json(const Percentiles& p) {
  return {{"count", p.count}, {"p50", p.p50}, {"p90", p.p90}, {"p99", p.p99}, {"p99.9", p.p999}, {"max", p.max}};
}

json to_json(const Task& task, const Entry& entry) {
  json object{{"carrier", entry.name},
              {"kind", name_of(entry.kind)},
              {"ns", to_json(entry.ns)},
              {"rounds_ns", entry.rounds},
              {"cpu_seconds_per_million", entry.cpu_ns / 1e3},
              {"preemptions_per_round", entry.preemptions}};
  if (!is_about_time(task.work)) {
    object["messages_per_second"] = 1e9 / entry.ns.median;
    object["bytes_per_second"] = static_cast<double>(task.payload.bytes) * 1e9 / entry.ns.median;
  }
  if (entry.ring_faster) object["ring_faster"] = to_json(*entry.ring_faster);
  if (entry.over_limit) object["over_limit"] = to_json(*entry.over_limit);
  if (entry.percentiles) object["latency_ns"] = to_json(*entry.percentiles);
  if (entry.system_calls) object["system_calls_per_message"] = *entry.system_calls;
  return object;
}

json to_json(const Result& result) {
  const Task& task = result.task;
  json object{{"workload", workload(task.work).name},
              {"bytes", task.payload.bytes},
              {"touch", name_of(task.payload.touch)},
              {"carriers", json::array()},
              {"left_out", json::array()}};
  if (task.work == Work::kFanOut || task.work == Work::kWorkSharing) object["consumers"] = task.consumers;
  if (task.work == Work::kPaced) object["rate"] = task.rate;
  if (task.work == Work::kBurst) object["burst"] = task.burst;
  for (const Entry& entry : result.entries) object["carriers"].push_back(to_json(task, entry));
  for (const Skipped& skipped : result.skipped) {
    object["left_out"].push_back({{"carrier", skipped.name}, {"why", skipped.why}});
  }
  return object;
}

}  // namespace

json to_json(const Run& run) {
  json object{{"command", run.command_line},  {"machine", run.machine.cpu},       {"cpus", run.machine.cpus},
              {"kernel", run.machine.kernel}, {"compiler", run.machine.compiler}, {"flags", run.machine.flags},
              {"warnings", run.doubts},       {"results", json::array()}};
  for (const Result& result : run.results) object["results"].push_back(to_json(result));
  return object;
}

}  // namespace ringmain::bench
