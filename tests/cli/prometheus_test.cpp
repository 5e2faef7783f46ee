// stat --prometheus: what a Prometheus reads.
// SPDX-License-Identifier: MIT
#include "prometheus.hpp"

#include <set>
#include <sstream>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {
namespace {

using cli::Listed;

// The last field of the line that begins so; empty if there is none.
std::string value_of(const std::string& page, const std::string& sample) {
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(sample + " ")) return line.substr(sample.size() + 1);
  }
  return {};
}

// A ring whose file `consumers` holds garbage: two groups of one name, in bytes that are no text.
Listed hostile_ring() {
  Listed ring{.name = "ring"};
  ring.statistics.name = "ring";
  for (int i = 0; i < 2; ++i) ring.statistics.groups.push_back({.name = "a\"b\\c\n\x1b\xff", .members = 3});
  ring.statistics.consumers.push_back({.group = "a\"b\\c\n\x1b\xff", .lost = 7});
  return ring;
}

// Prometheus' own parser, in Python; it prints every sample.
constexpr const char* kParser = R"(
import sys
try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    sys.exit(77)
seen = set()
for family in text_string_to_metric_families(sys.stdin.read()):
    assert family.documentation and family.type in ('gauge', 'counter'), family
    for sample in family.samples:
        assert sample.name.startswith('ringmain_') and sample.name.endswith('_total') == (family.type == 'counter')
        key = (sample.name, tuple(sorted(sample.labels.items())))
        assert key not in seen, key
        seen.add(key)
        print(sample.name, sorted(sample.labels.items()), sample.value)
)";

}  // namespace

class Prometheus : public Tool {
 protected:
  // Nothing: the parser isn't installed.
  static std::string parsed(const std::string& page) {
    const OwnedDescriptor file = file_of(page);
    Process parser({"/usr/bin/python3", "-c", kParser}, {.in = file.get()});
    const int status = parser.wait();
    if (status == 77 || status == 127) return {};
    EXPECT_EQ(status, 0) << parser.errors() << page;
    return parser.output();
  }
};

TEST_F(Prometheus, EveryFigureOfARing) {
  Process producer = start({"pub", "ring", "--lines", "--wait-for", "2", "--keep", "--capacity", "64K"});
  Process alone = start({"sub", "ring", "--wait"});
  wait_for_consumers(1);
  Process member = start({"sub", "ring", "--wait", "--group", "workers"});
  producer.write("one\ntwo\n");
  wait_until([&] { return alone.output() == "onetwo" && member.output() == "onetwo"; });
  member.child().stop();
  producer.write("three\n");
  wait_for_messages(3);
  const std::string page = run({"stat", "ring", "--prometheus"}).output;
  const auto is = [&](const std::string& sample, const std::string& value) {
    EXPECT_EQ(value_of(page, sample), value) << sample << " in\n" << page;
  };
  is("ringmain_up{ring=\"ring\"}", "1");
  is("ringmain_producer_alive{ring=\"ring\"}", "1");
  is("ringmain_kept{ring=\"ring\"}", "1");
  is("ringmain_closed{ring=\"ring\"}", "0");
  is("ringmain_capacity_bytes{ring=\"ring\"}", "65536");
  is("ringmain_groups{ring=\"ring\"}", "2");
  is("ringmain_messages_total{ring=\"ring\"}", "3");
  is("ringmain_bytes_total{ring=\"ring\"}", "11");
  is("ringmain_room_waits_total{ring=\"ring\"}", "0");
  is("ringmain_group_members{ring=\"ring\",group=\"workers\"}", "1");
  is("ringmain_group_lag_bytes{ring=\"ring\",group=\"workers\"}", "64");
  is("ringmain_group_durable{ring=\"ring\",group=\"workers\"}", "0");
  is("ringmain_consumer_lag_bytes{ring=\"ring\",group=\"workers\",line=\"1\"}", "64");
  is("ringmain_consumer_alive{ring=\"ring\",group=\"\",line=\"0\"}", "1");
  is("ringmain_consumer_lost_total{ring=\"ring\",group=\"\",line=\"0\"}", "0");
  is("ringmain_consumer_redelivered_total{ring=\"ring\",group=\"\",line=\"0\"}", "0");
  EXPECT_NE(value_of(page, "ringmain_bells_total{ring=\"ring\"}"), "");
  EXPECT_NE(page.find("# TYPE ringmain_messages_total counter\n"), std::string::npos);
  EXPECT_NE(page.find("# TYPE ringmain_group_lag_bytes gauge\n"), std::string::npos);
  wait_until([&] {
    return value_of(run({"stat", "ring", "--prometheus"}).output,
                    "ringmain_consumer_sleeping{ring=\"ring\",group=\"\",line=\"0\"}") == "1";
  });
  member.child().kill();
}

TEST_F(Prometheus, RingsThatCannotBeReadAreNotUp) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  make_garbage("garbage");
  const Result all = run({"stat", "--prometheus"});
  EXPECT_EQ(all.status, 0);
  EXPECT_EQ(value_of(all.output, "ringmain_up{ring=\"garbage\"}"), "0");
  EXPECT_EQ(value_of(all.output, "ringmain_up{ring=\"ring\"}"), "1");
  const Result missing = run({"stat", "missing", "--prometheus"});
  EXPECT_EQ(missing.status, 0) << "the metric says it";
  EXPECT_EQ(value_of(missing.output, "ringmain_up{ring=\"missing\"}"), "0");
}

TEST_F(Prometheus, LabelsAreEscapedAndNothingIsSaidTwice) {
  const std::string page = cli::metrics_of({hostile_ring()});
  const std::string group = R"(group="a\"b\\c\\x0a\\x1b\\xff")";
  EXPECT_EQ(value_of(page, "ringmain_group_members{ring=\"ring\"," + group + "}"), "3");
  EXPECT_EQ(value_of(page, "ringmain_consumer_lost_total{ring=\"ring\"," + group + ",line=\"0\"}"), "7");
  std::set<std::string> samples;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) EXPECT_TRUE(samples.insert(line).second) << line;
}

TEST_F(Prometheus, ARealParserTakesIt) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  EXPECT_EQ(run({"sub", "ring", "--group", "workers", "--durable"}).status, 0);
  make_garbage("garbage");
  const std::string samples = parsed(run({"stat", "--prometheus"}).output);
  if (samples.empty()) GTEST_SKIP() << "python3-prometheus-client is not installed";
  EXPECT_NE(samples.find("ringmain_up [('ring', 'garbage')] 0.0\n"), std::string::npos) << samples;
  EXPECT_NE(samples.find("ringmain_group_members [('group', 'workers'), ('ring', 'ring')] 0.0\n"), std::string::npos);
  const std::string hostile = parsed(cli::metrics_of({hostile_ring()}));
  EXPECT_NE(hostile.find(R"('a"b\\c\\x0a\\x1b\\xff')"), std::string::npos) << hostile;
}

TEST_F(Prometheus, AFileIsWrittenAtEachLook) {
  const std::string file = directory_.path() / "rings.prom";
  Process watching = start({"stat", "--prometheus", "--watch=1ms", "--output", file});
  wait_until([&] { return std::filesystem::exists(file); });
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  wait_until([&] {
    std::ostringstream page;
    page << std::ifstream(file).rdbuf();
    return value_of(page.str(), "ringmain_messages_total{ring=\"ring\"}") == "1";
  });
  EXPECT_EQ(watching.output(), "");
}

}  // namespace ringmain::testing
