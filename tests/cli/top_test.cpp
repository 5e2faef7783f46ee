// top: what it shows, without a terminal.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <string>

#include "cli/tool.hpp"
#include "top_view.hpp"

namespace ringmain::testing {
namespace {

using std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;
using Words = std::vector<std::string>;

cli::Listed ring_of(const std::string& name, std::uint64_t messages, std::uint64_t bytes) {
  cli::Listed ring{.name = name};
  ring.statistics.name = name;
  ring.statistics.capacity = 1000;
  ring.statistics.messages = messages;
  ring.statistics.bytes = bytes;
  ring.statistics.producer_alive = true;
  return ring;
}

ConsumerStatistics consumer_of(std::uint32_t pid, std::uint64_t lag, const std::string& group = {}) {
  return {.group = group, .lag_bytes = lag, .pid = pid, .alive = true};
}

Words names_of(const cli::TopModel& model) {
  Words names;
  for (const cli::TopRing& ring : model.shown()) names.push_back(ring.listed.name);
  return names;
}

std::string text_of(const cli::TopModel& model) { return cli::text_of(cli::view_of(model, 80)); }

// The line that has this name in it.
std::string line_with(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find(name) != std::string::npos) return line;
  }
  return {};
}

// One look, and another a second later.
cli::TopModel looked_twice(const std::vector<cli::Listed>& before, const std::vector<cli::Listed>& now) {
  cli::TopModel model;
  model.look(before, Time(seconds(1)));
  model.look(now, Time(seconds(2)));
  return model;
}

cli::TopModel looked_once(const std::vector<cli::Listed>& rings) { return looked_twice(rings, rings); }

}  // namespace

TEST(TopModel, RatesAreBetweenTheLastTwoLooks) {
  const auto model = looked_twice({ring_of("a", 5, 50)}, {ring_of("a", 12, 2098)});
  EXPECT_EQ(row(text_of(model), "a"), (Words{"a", "live", "7", "2.0", "KiB", "of", "1000"}));
  EXPECT_NE(text_of(model).find("1 ring, 7 messages/s, 2.0 KiB/s"), std::string::npos);
  cli::TopModel fresh;
  fresh.look({ring_of("a", 5, 50)}, {});
  EXPECT_EQ(row(text_of(fresh), "a"), (Words{"a", "live", "-", "-", "of", "1000"}));
}

TEST(TopModel, IsSortedByNameOrTheLargestFirst) {
  auto slow = ring_of("a", 10, 5000);
  auto quick = ring_of("b", 20, 1000);
  auto behind = ring_of("c", 0, 0);
  behind.statistics.consumers = {consumer_of(1, 500)};
  auto model = looked_twice({ring_of("c", 0, 0), ring_of("b", 0, 0), ring_of("a", 0, 0)}, {behind, quick, slow});
  EXPECT_EQ(names_of(model), (Words{"a", "b", "c"}));
  model.sort_by(cli::SortKey::kMessages);
  EXPECT_EQ(names_of(model), (Words{"b", "a", "c"}));
  model.sort_by(cli::SortKey::kBytes);
  EXPECT_EQ(names_of(model), (Words{"a", "b", "c"}));
  model.sort_by(cli::SortKey::kLag);
  EXPECT_EQ(names_of(model), (Words{"c", "a", "b"}));
}

TEST(TopModel, TheSelectionFollowsItsRing) {
  auto model = looked_once({ring_of("a", 0, 0), ring_of("b", 0, 0), ring_of("c", 0, 0)});
  EXPECT_EQ(model.selected(), "a");
  model.select(-1);
  EXPECT_EQ(model.selected(), "a");
  model.select(1);
  EXPECT_EQ(model.selected(), "b");
  model.look({ring_of("b", 0, 0), ring_of("c", 0, 0)}, {});
  EXPECT_EQ(model.selected(), "b");
  model.look({ring_of("c", 0, 0)}, {});
  EXPECT_EQ(model.selected(), "c");
  model.look({}, {});
  EXPECT_EQ(model.selected(), "");
  model.select(1);
  model.toggle_alone();
  EXPECT_EQ(names_of(model), Words{});
}

TEST(TopModel, ARingCanBeShownAlone) {
  auto model = looked_once({ring_of("a", 0, 0), ring_of("b", 0, 0)});
  model.select(1);
  model.toggle_alone();
  EXPECT_EQ(names_of(model), (Words{"b"}));
  EXPECT_NE(text_of(model).find("2 rings"), std::string::npos) << "the title is of all";
  model.toggle_alone();
  EXPECT_EQ(names_of(model), (Words{"a", "b"}));
  model.toggle_alone();
  model.look({ring_of("a", 0, 0)}, {});
  EXPECT_EQ(names_of(model), (Words{"a"})) << "it is gone: all are shown again";
}

TEST(TopView, EveryGroupHasABarAndOneGates) {
  auto ring = ring_of("a", 0, 0);
  ring.statistics.groups = {{.name = "workers", .lag_bytes = 900, .members = 2}};
  ring.statistics.consumers = {consumer_of(11, 0), consumer_of(12, 501), consumer_of(13, 900, "workers"),
                               consumer_of(14, 1, "workers")};
  const std::string text = text_of(looked_once({ring}));
  EXPECT_EQ(row(text, "workers"), (Words{"workers", "(2)", "group", "#########.", "900", "B", "gates"}));
  EXPECT_TRUE(line_with(text, "pid 11").ends_with("..........         0 B")) << text;
  EXPECT_TRUE(line_with(text, "pid 12").ends_with("######....       501 B")) << text;
  EXPECT_TRUE(line_with(text, "pid 13").ends_with("#########.       900 B")) << text;
  EXPECT_TRUE(line_with(text, "pid 14").ends_with("#.........         1 B")) << "however little\n" << text;
  EXPECT_TRUE(line_with(text, "pid 13").starts_with("    pid")) << "below its group";
}

TEST(TopView, TheStateOfAConsumerIsShown) {
  auto ring = ring_of("a", 0, 0);
  ring.statistics.consumers = {consumer_of(11, 0), consumer_of(12, 0), consumer_of(13, 999), consumer_of(14, 999)};
  ring.statistics.consumers[1].sleeping = true;
  ring.statistics.consumers[2].alive = false;
  ring.statistics.consumers[3].evicted = true;
  const std::string text = text_of(looked_once({ring}));
  EXPECT_NE(line_with(text, "pid 11").find("awake"), std::string::npos) << text;
  EXPECT_NE(line_with(text, "pid 12").find("sleeping"), std::string::npos) << text;
  EXPECT_NE(line_with(text, "pid 13").find("dead"), std::string::npos) << text;
  EXPECT_NE(line_with(text, "pid 14").find("evicted"), std::string::npos) << text;
  EXPECT_EQ(text.find("gates"), std::string::npos) << "neither the dead nor the evicted hold anybody\n" << text;
}

TEST(TopView, AnOverwritingRingIsGatedByNobody) {
  auto ring = ring_of("a", 0, 0);
  ring.statistics.policy = Policy::kOverwrite;
  ring.statistics.consumers = {consumer_of(11, 5000)};
  ring.statistics.consumers[0].lost = 12'345;
  EXPECT_TRUE(line_with(text_of(looked_once({ring})), "pid 11").ends_with("4.9 KiB  lost 12.3 k"))
      << text_of(looked_once({ring}));
}

TEST(TopView, AProducerThatHadToWaitIsNoted) {
  auto before = ring_of("a", 0, 0);
  auto now = before;
  now.statistics.room_waits = 1;
  EXPECT_TRUE(line_with(text_of(looked_twice({before}, {now})), "live").ends_with("waits"));
  EXPECT_FALSE(line_with(text_of(looked_twice({now}, {now})), "live").ends_with("waits"));
}

TEST(TopView, ARingThatCannotBeReadSaysWhy) {
  cli::Listed ring = ring_of("garbage", 0, 0);
  ring.status = Status::kNotARing;
  EXPECT_EQ(row(text_of(looked_once({ring})), "garbage"), (Words{"garbage", "unread", "not", "a", "ring"}));
}

TEST(TopView, FitsIntoTheWidthAndHidesNoControls) {
  auto ring = ring_of(std::string(100, 'n'), 0, 0);
  ring.statistics.capacity = std::uint64_t{1} << 39;
  ring.statistics.groups = {{.name = std::string(100, '\x1b'), .lag_bytes = 1'000'000'000, .members = 100}};
  const auto model = looked_once({ring});
  for (const std::size_t width : {80U, 120U}) {
    std::istringstream lines(cli::text_of(cli::view_of(model, width)));
    for (std::string line; std::getline(lines, line);) {
      EXPECT_LE(line.size(), width) << line;
      EXPECT_EQ(line.find('\x1b'), std::string::npos);
    }
  }
}

class Top : public Tool {};

TEST_F(Top, PrintsTablesWithoutATerminal) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  EXPECT_EQ(run({"pub", "other"}, "x").status, 0);
  const Result printed = run({"top", "ring", "--every", "10ms", "--count", "2"});
  EXPECT_EQ(printed.status, 0) << printed.errors;
  EXPECT_EQ(row(printed.output, "ring"), (Words{"ring", "closed", "0", "0", "B", "of", "8M"}));
  EXPECT_EQ(row(printed.output, "other"), Words{});
  EXPECT_NE(printed.output.find("1 ring,"), printed.output.rfind("1 ring,")) << "two tables";
  EXPECT_EQ(printed.output.find('\x1b'), std::string::npos);
}

TEST_F(Top, WhatCannotBeIsRefused) {
  EXPECT_EQ(run({"top", "--sort", "size"}).status, 2);
  EXPECT_EQ(run({"top", "--every", "0"}).status, 2);
  EXPECT_EQ(run({"top", "--every", "forever"}).status, 2);
  EXPECT_EQ(run({"top", "--count", "1", "--dir", directory_.path() / "missing"}).status, 21);
}

}  // namespace ringmain::testing
