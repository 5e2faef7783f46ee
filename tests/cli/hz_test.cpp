// hz, and the arithmetic of rates.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <string>

#include "cli/tool.hpp"
#include "frequency.hpp"
#include "quantity.hpp"
#include "rates.hpp"

namespace ringmain::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = cli::Frequency::Time;

Statistics ring_with(std::uint64_t messages, std::uint64_t bytes) {
  Statistics ring;
  ring.name = "ring";
  ring.messages = messages;
  ring.bytes = bytes;
  return ring;
}

void expect_course(const cli::Course& course, double now, double mean, double min, double max) {
  EXPECT_DOUBLE_EQ(course.now, now);
  EXPECT_DOUBLE_EQ(course.mean, mean);
  EXPECT_DOUBLE_EQ(course.min, min);
  EXPECT_DOUBLE_EQ(course.max, max);
}

}  // namespace

TEST(Rates, AreWhatChangedInTheTimeBetween) {
  const auto rate = cli::rate_between(ring_with(10, 100), ring_with(30, 1100), milliseconds(500));
  ASSERT_TRUE(rate);
  EXPECT_DOUBLE_EQ(rate->messages, 40);
  EXPECT_DOUBLE_EQ(rate->bytes, 2000);
}

TEST(Rates, ARingMadeAnewHasNone) {
  Statistics anew = ring_with(30, 300);
  anew.created += seconds(1);
  EXPECT_FALSE(cli::rate_between(ring_with(10, 100), anew, seconds(1)));
  EXPECT_FALSE(cli::rate_between(ring_with(10, 100), ring_with(9, 100), seconds(1)));
  EXPECT_FALSE(cli::rate_between(ring_with(10, 100), ring_with(30, 300), seconds(0)));
}

TEST(Rates, ARingThatComesBackHasNoneAtFirst) {
  cli::Rates rates;
  const cli::Listed ring{.name = "ring", .statistics = ring_with(1, 1)};
  rates.look({ring}, Time(seconds(1)));
  EXPECT_FALSE(rates.of("ring"));
  rates.look({ring}, Time(seconds(2)));
  EXPECT_TRUE(rates.of("ring"));
  rates.look({}, Time(seconds(3)));
  EXPECT_FALSE(rates.of("ring"));
  rates.look({ring}, Time(seconds(4)));
  EXPECT_FALSE(rates.of("ring"));
}

TEST(Frequency, TheMeanIsOfTheWholeTime) {
  cli::Frequency frequency(ring_with(100, 1000), Time(seconds(0)));
  EXPECT_TRUE(frequency.look(ring_with(110, 1200), Time(seconds(1))));
  EXPECT_TRUE(frequency.look(ring_with(170, 1260), Time(seconds(4))));
  expect_course(frequency.messages(), 20, 17.5, 10, 20);
  expect_course(frequency.bytes(), 20, 65, 20, 200);
  ASSERT_TRUE(frequency.size());
  expect_course(*frequency.size(), 1, 260.0 / 70, 1, 20);
}

TEST(Frequency, ASilentSpanCountsForTheRatesAndNotForTheSize) {
  cli::Frequency frequency(ring_with(0, 0), Time(seconds(0)));
  EXPECT_TRUE(frequency.look(ring_with(0, 0), Time(seconds(1))));
  EXPECT_FALSE(frequency.size());
  EXPECT_TRUE(frequency.look(ring_with(4, 8), Time(seconds(2))));
  expect_course(frequency.messages(), 4, 2, 0, 4);
  expect_course(*frequency.size(), 2, 2, 2, 2);
}

TEST(Frequency, AnotherRingOfTheNameEndsIt) {
  cli::Frequency frequency(ring_with(5, 5), Time(seconds(0)));
  Statistics anew = ring_with(6, 6);
  anew.created += seconds(1);
  EXPECT_FALSE(frequency.look(anew, Time(seconds(1))));
}

TEST(Quantities, AreReadable) {
  EXPECT_EQ(cli::human_count(0), "0");
  EXPECT_EQ(cli::human_count(1.25), "1.2");
  EXPECT_EQ(cli::human_count(999.4), "999");
  EXPECT_EQ(cli::human_count(12'345), "12.3 k");
  EXPECT_EQ(cli::human_count(999'960), "1.0 M");
  EXPECT_EQ(cli::human_bytes(1023.0), "1023 B");
  EXPECT_EQ(cli::human_bytes(1536.0), "1.5 KiB");
  EXPECT_EQ(cli::human_age(seconds(59)), "59 s");
  EXPECT_EQ(cli::human_age(seconds(60)), "1 min");
  EXPECT_EQ(cli::human_age(std::chrono::hours(47)), "1 d");
  EXPECT_EQ(cli::human_age(seconds(-5)), "0 s");
  EXPECT_EQ(cli::human_duration(kForever), "forever");
}

class Hz : public Tool {};

TEST_F(Hz, TellsAsOftenAsItIsAskedTo) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  const Result told = run({"hz", "ring", "--every", "10ms", "--count", "2"});
  EXPECT_EQ(told.status, 0) << told.errors;
  EXPECT_EQ(row(told.output, "messages/s"), (std::vector<std::string>{"messages/s", "0", "0", "0", "0"}));
  EXPECT_EQ(row(told.output, "mean"), (std::vector<std::string>{"mean", "size", "-", "-", "-", "-"}));
  EXPECT_NE(told.output.find("messages/s"), told.output.rfind("messages/s"));
}

TEST_F(Hz, CountsWhatIsPublished) {
  Process producer = start({"pub", "ring", "--lines"});
  wait_until([&] { return exists(); });
  Process hz = start({"hz", "ring", "--every", "5ms"});
  wait_until([&] { return !hz.output().empty(); });
  producer.write("1234567\n1234567\n");
  // "mean size   7 B   7 B   7 B   7 B"
  const auto told = [](const std::string& text) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("mean size") && line.ends_with(" 7 B")) return true;
    }
    return false;
  };
  wait_until([&] { return told(hz.output()); });
  EXPECT_EQ(look().consumers.size(), 0U) << "it doesn't attach";
}

TEST_F(Hz, TheRemovalOfTheRingIsItsEnd) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  Process hz = start({"hz", "ring", "--every", "1ms"});
  wait_until([&] { return !hz.output().empty(); });
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
  EXPECT_EQ(hz.wait(), 0);
  EXPECT_EQ(hz.errors(), "");
}

TEST_F(Hz, ARingThatIsNotThereIsAnError) { EXPECT_EQ(run({"hz", "ring"}).status, 21); }

}  // namespace ringmain::testing
