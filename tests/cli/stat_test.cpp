// stat: everything about rings, for people and for programs.
// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Stat : public Tool {
 protected:
  using Json = nlohmann::json;

  static Json json(Arguments arguments) {
    arguments.emplace_back("--json");
    const Result listed = run(arguments);
    EXPECT_EQ(listed.status, 0) << listed.errors;
    return Json::parse(listed.output);
  }

  std::string content(const std::string& file) const {
    std::ifstream stream(directory_.path() / file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
};

TEST_F(Stat, ARingInDetail) {
  Process producer = start({"pub", "ring", "--lines", "--wait-for", "2"});
  Process alone = start({"sub", "ring", "--wait"});
  Process member = start({"sub", "ring", "--wait", "--group", "workers"});
  producer.write("one\ntwo\n");
  wait_for_messages(2);
  wait_until([&] { return alone.output() == "onetwo" && member.output() == "onetwo"; });

  const Json ring = json({"stat", "ring"})[0];
  EXPECT_EQ(ring["state"], "live");
  EXPECT_EQ(ring["producer_pid"], producer.child().pid());
  EXPECT_EQ(ring["messages"], 2);
  EXPECT_EQ(ring["bytes"], 6);
  EXPECT_EQ(ring["tail"], 128);
  ASSERT_EQ(ring["consumers"].size(), 2U);
  ASSERT_EQ(ring["groups"].size(), 1U);
  EXPECT_EQ(ring["groups"][0]["name"], "workers");
  EXPECT_EQ(ring["groups"][0]["members"], 1);
  for (const Json& consumer : ring["consumers"]) {
    const bool of_group = consumer["group"] == "workers";
    EXPECT_EQ(consumer["pid"], (of_group ? member : alone).child().pid());
    EXPECT_EQ(consumer["alive"], true);
  }
  EXPECT_EQ(ring["kept"], false);
  EXPECT_EQ(ring["producers"], 1);
  EXPECT_EQ(json({"ls"}), json({"stat", "ring"}));

  const Result shown = run({"stat", "ring"});
  EXPECT_EQ(shown.status, 0);
  for (const char* text :
       {"state      live", "kind       wait\n", "published  2 messages, 6 B", "workers", "MEMBERS", "POSITION"}) {
    EXPECT_NE(shown.output.find(text), std::string::npos) << shown.output;
  }
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(alone.wait(), 0);
  EXPECT_EQ(member.wait(), 0);
}

TEST_F(Stat, WithoutNamesItShowsAllRings) {
  EXPECT_EQ(run({"pub", "one"}, "x").status, 0);
  EXPECT_EQ(run({"pub", "two"}, "x").status, 0);
  make_garbage("garbage");
  const Result shown = run({"stat"});
  EXPECT_EQ(shown.status, 0);
  for (const char* ring : {"ring       one\n", "ring       two\n", "ring       garbage\nstate      not a ring\n"}) {
    EXPECT_NE(shown.output.find(ring), std::string::npos) << shown.output;
  }
}

TEST_F(Stat, ANamedRingThatCannotBeReadDoesNotHideTheOthers) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  make_garbage("garbage");
  const Result shown = run({"stat", "missing", "garbage", "ring"});
  EXPECT_EQ(shown.status, 21) << "the first one decides";
  EXPECT_NE(shown.output.find("published  1 messages"), std::string::npos) << shown.output;
  EXPECT_NE(shown.errors.find("'missing'"), std::string::npos) << shown.errors;
  EXPECT_NE(shown.errors.find("'garbage'"), std::string::npos) << shown.errors;
}

TEST_F(Stat, ARingThatIsNamedTwiceIsShownOnce) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  EXPECT_EQ(json({"stat", "ring", "ring"}).size(), 1U);
}

TEST_F(Stat, WatchingTellsRatesFromTheSecondLookOn) {
  Process producer = start({"pub", "ring", "--lines"});
  producer.write("one\n");
  wait_for_messages(1);
  const Result watched = run({"stat", "ring", "--json", "--watch=20ms", "--count", "2"});
  EXPECT_EQ(watched.status, 0) << watched.errors;
  std::istringstream lines(watched.output);
  std::string first;
  std::string second;
  ASSERT_TRUE(std::getline(lines, first) && std::getline(lines, second));
  EXPECT_FALSE(Json::parse(first)[0].contains("messages_per_s"));
  EXPECT_EQ(Json::parse(second)[0]["messages_per_s"], 0.0);
  EXPECT_FALSE(std::getline(lines, first)) << "a look is a line";
}

TEST_F(Stat, WatchingForPeopleTellsRatesToo) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  const Result watched = run({"stat", "ring", "--watch=10ms", "--count", "2"});
  EXPECT_NE(watched.output.find("rate       0 messages/s, 0 B/s"), std::string::npos) << watched.output;
}

TEST_F(Stat, WatchingOutlivesTheRing) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  Process watching = start({"stat", "ring", "--watch=1ms"});
  wait_until([&] { return watching.output().find("closed") != std::string::npos; });
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
  wait_until([&] { return watching.output().find("state      not found") != std::string::npos; });
  EXPECT_FALSE(watching.child().ended());
}

TEST_F(Stat, AnOutputFileIsReplacedAsAWhole) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  const std::string file = directory_.path() / "rings.json";
  std::ofstream(file) << "old";
  std::ifstream before(file);
  EXPECT_EQ(run({"stat", "--json", "--output", file}).output, "");
  EXPECT_EQ(Json::parse(content("rings.json")), json({"stat"}));
  std::string old;
  before >> old;
  EXPECT_EQ(old, "old") << "who has it open reads on in the old file";
  struct stat found {};
  ASSERT_EQ(::stat(file.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0644U) << "the collector is another user";
}

TEST_F(Stat, AnOutputThatFailsLeavesNothingBehind) {
  const Result failed = run({"stat", "--output", directory_.path() / "missing" / "file"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_NE(failed.errors.find("No such file"), std::string::npos) << failed.errors;
  std::filesystem::create_directory(directory_.path() / "taken");
  EXPECT_EQ(run({"stat", "--output", directory_.path() / "taken"}).status, 1);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(directory_.path()), {}), 1) << "the directory alone";
}

}  // namespace ringmain::testing
