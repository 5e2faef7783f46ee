// Whole runs: every workload works over every carrier, and what they say makes sense.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <string>

#include "bench/program.hpp"

namespace ringmain::testing {
namespace {

using nlohmann::json;

void expect_sane(const json& carrier) {
  SCOPED_TRACE(carrier.at("carrier"));
  const json& ns = carrier.at("ns");
  EXPECT_GT(ns.at("low"), 0);
  EXPECT_LE(ns.at("low"), ns.at("median"));
  EXPECT_LE(ns.at("median"), ns.at("high"));
  EXPECT_EQ(carrier.at("rounds_ns").size(), 2U);
  EXPECT_GT(carrier.at("cpu_seconds_per_million"), 0);
  EXPECT_GT(carrier.at("ring_faster").at("median"), 0);
}

void expect_sane_latencies(const json& carrier) {
  SCOPED_TRACE(carrier.at("carrier"));
  const json& latency = carrier.at("latency_ns");
  EXPECT_GT(latency.at("count"), 0);
  double last = 0;
  for (const char* percentile : {"p50", "p90", "p99", "p99.9", "max"}) {
    EXPECT_GE(latency.at(percentile), last) << percentile;
    last = latency.at(percentile);
  }
  EXPECT_GT(last, 0);
}

class EveryWorkload : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryWorkload, RunsOverTheUsualCarriers) {
  const std::string workload = GetParam();
  const bool about_time = workload != "stream" && workload != "fan-out" && workload != "work-sharing";
  const json results = results_of({workload, "--sizes", "32", "--consumers", "3", "--burst", "20"});
  ASSERT_EQ(results.size(), 1U);
  const json& result = results.at(0);
  EXPECT_EQ(result.at("workload"), workload);
  EXPECT_EQ(result.at("bytes"), 32);
  for (const char* name : {"ring", "pipe", "unix", "tcp", "mq"}) {
    const json carrier = carrier_of(result, name);
    ASSERT_FALSE(carrier.is_null()) << name << ": " << result.at("left_out");
    expect_sane(carrier);
    EXPECT_EQ(carrier.contains("messages_per_second"), !about_time);
    if (about_time) expect_sane_latencies(carrier);
  }
  EXPECT_EQ(carrier_of(result, "ring").at("ring_faster").at("median"), 1);
  const bool limited = workload != "fan-out" && workload != "work-sharing";
  EXPECT_EQ(result.at("carriers").at(0).at("kind") == "limit", limited);
}

INSTANTIATE_TEST_SUITE_P(All, EveryWorkload,
                         ::testing::Values("round-trip", "sleeping-round-trip", "stream", "wake-up", "paced", "burst",
                                           "fan-out", "work-sharing"),
                         [](const auto& parameter) {
                           std::string name = parameter.param;
                           name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
                           return name;
                         });

// A carrier whose package, daemon or system limit is missing says so; no other reason is known.
TEST(Run, EveryCarrierTakesPartOrSaysWhyNot) {
  const json result = results_of({"stream", "--carriers", "all", "--sizes", "256"}).at(0);
  for (const char* name : {"ring", "pipe", "pipe-polled", "unix", "tcp", "mq", "seqpacket", "spsc", "ring-transport",
                           "boost-mq", "zeromq", "iceoryx"}) {
    const json carrier = carrier_of(result, name);
    const auto& left_out = result.at("left_out");
    const auto excuse =
        std::find_if(left_out.begin(), left_out.end(), [&](const json& one) { return one.at("carrier") == name; });
    ASSERT_NE(carrier.is_null(), excuse == left_out.end()) << name;
    if (carrier.is_null()) {
      EXPECT_FALSE(excuse->at("why").get<std::string>().empty());
    } else {
      expect_sane(carrier);
    }
  }
}

// Each message's sum is checked by the receiver: a payload that is written and read differently fails the run.
TEST(Run, EverySizeAndEveryWayToTouchIt) {
  for (const char* touch : {"all", "lines", "ends"}) {
    const json results = results_of({"stream", "round-trip", "--carriers", "ring,pipe", "--sizes",
                                     "8,16,24,48,64,72,264,4104,4M", "--touch", touch, "--no-system-calls"});
    ASSERT_EQ(results.size(), 18U);
    for (const json& result : results) {
      EXPECT_EQ(result.at("touch"), touch);
      for (const char* name : {"ring", "pipe"}) expect_sane(carrier_of(result, name));
    }
  }
}

TEST(Run, ABatchIsSentWhole) {
  const json result = results_of({"stream", "--carriers", "ring,unix,tcp", "--sizes", "32", "--batch", "50"}).at(0);
  for (const char* name : {"ring", "unix", "tcp"}) expect_sane(carrier_of(result, name));
}

// A blocking round trip is a write and a read on either side.
TEST(Run, SystemCallsAreCounted) {
  const json result = results_of({"sleeping-round-trip", "--carriers", "ring,mq"}).at(0);
  const json mq = carrier_of(result, "mq");
  if (!mq.contains("system_calls_per_message")) GTEST_SKIP() << "not permitted to trace";
  EXPECT_NEAR(mq.at("system_calls_per_message").get<double>(), 4, 0.1);
  const json uncounted = results_of({"sleeping-round-trip", "--carriers", "ring,mq", "--no-system-calls"}).at(0);
  EXPECT_FALSE(carrier_of(uncounted, "mq").contains("system_calls_per_message"));
}

TEST(Run, MoreProcessesThanCpusIsWarnedOf) {
  const Ended ended = run_bench({"fan-out", "--carriers", "ring,pipe", "--consumers", "64", "--seconds", "0.01",
                                 "--rounds", "1", "--pin", "0,0", "--json"});
  ASSERT_EQ(ended.status, 0) << ended.errors;
  const json run = json::parse(ended.output);
  EXPECT_NE(run.at("warnings").dump().find("65 processes share"), std::string::npos) << run.at("warnings");
  EXPECT_EQ(run.at("results").at(0).at("consumers"), 64);
}

TEST(Run, TheTableNamesWhatItMeasured) {
  const Ended ended =
      run_bench({"stream", "--carriers", "ring,pipe", "--sizes", "32,64K", "--seconds", "0.05", "--rounds", "2"});
  EXPECT_EQ(ended.status, 0) << ended.errors;
  for (const char* text : {"Stream, messages of 32 B", "Stream, messages of 64.0 KiB", "limit: raw line", "ring is",
                           "throughput", "\n  pipe "}) {
    EXPECT_NE(ended.output.find(text), std::string::npos) << text << '\n' << ended.output;
  }
}

TEST(Run, TheLimitsSuiteHasItsRows) {
  const Ended ended =
      run_bench({"--suite", "limits", "--rows", "round-trip,fan-out", "--seconds", "0.05", "--rounds", "2", "--json"});
  ASSERT_EQ(ended.status, 0) << ended.errors;
  const json rows = json::parse(ended.output).at("rows");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows.at(0).at("row"), "round-trip");
  EXPECT_EQ(rows.at(0).at("judged"), "ring");
  EXPECT_EQ(rows.at(1).at("row"), "fan-out");
}

}  // namespace
}  // namespace ringmain::testing
