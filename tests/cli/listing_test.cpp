// ls and rm.
// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Listing : public Tool {
 protected:
  using Json = nlohmann::json;

  static Json json(Arguments arguments) {
    arguments.emplace_back("--json");
    const Result listed = run(arguments);
    EXPECT_EQ(listed.status, 0) << listed.errors;
    return Json::parse(listed.output);
  }

  // The words of the line that begins with `first`.
  static std::vector<std::string> row(const std::string& table, const std::string& first) {
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::vector<std::string> found;
      for (std::string word; words >> word;) found.push_back(word);
      if (!found.empty() && found.front() == first) return found;
    }
    return {};
  }

  // Something under a ring's name that is none.
  void make_garbage(const std::string& name) const {
    const auto path = directory_.path() / (name + ".ring");
    std::filesystem::create_directory(path);
    for (const char* file : {"ring", "consumers"}) std::ofstream(path / file) << std::string(200'000, 'g');
  }
};

TEST_F(Listing, ATableOfRings) {
  Process live = start({"pub", "live", "--capacity", "1M", "--evict-after", "2s"});
  live.write("hello");
  wait_for_messages(1, "live");
  EXPECT_EQ(run({"pub", "closed", "--lines", "--overwrite"}, "one\ntwo\n").status, 0);
  Process killed = start({"pub", "orphaned"});
  wait_until([&] { return exists("orphaned"); });
  killed.child().kill();
  make_garbage("garbage");

  const Result listed = run({"ls"});
  EXPECT_EQ(listed.status, 0);
  EXPECT_EQ(listed.errors, "");
  using Row = std::vector<std::string>;
  EXPECT_EQ(row(listed.output, "NAME"),
            (Row{"NAME", "STATE", "CAPACITY", "POLICY", "MESSAGES", "PUBLISHED", "CONSUMERS", "LAG", "PRODUCER"}));
  EXPECT_EQ(row(listed.output, "live"), (Row{"live", "live", "1.0", "MiB", "evict", "2", "s", "1", "5", "B", "0", "-",
                                             std::to_string(live.child().pid())}));
  EXPECT_EQ(row(listed.output, "closed"),
            (Row{"closed", "closed", "8.0", "MiB", "overwrite", "2", "6", "B", "0", "-", "-"}));
  EXPECT_EQ(row(listed.output, "orphaned"),
            (Row{"orphaned", "orphaned", "8.0", "MiB", "wait", "0", "0", "B", "0", "-", "-"}));
  EXPECT_EQ(row(listed.output, "garbage"), (Row{"garbage", "not", "a", "ring"}));
  EXPECT_EQ(live.wait(), 0);
}

TEST_F(Listing, ARingInDetail) {
  Process producer = start({"pub", "ring", "--lines", "--wait-for", "2"});
  Process alone = start({"sub", "ring", "--wait"});
  Process member = start({"sub", "ring", "--wait", "--group", "workers"});
  producer.write("one\ntwo\n");
  wait_for_messages(2);
  wait_until([&] { return alone.output() == "onetwo" && member.output() == "onetwo"; });

  const Json ring = json({"ls", "ring"});
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
  EXPECT_EQ(json({"ls"})[0], json({"ls", "ring"}));

  const Result shown = run({"ls", "ring"});
  EXPECT_EQ(shown.status, 0);
  for (const char* text : {"state      live", "published  2 messages, 6 B", "workers", "MEMBERS", "POSITION"}) {
    EXPECT_NE(shown.output.find(text), std::string::npos) << shown.output;
  }
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(alone.wait(), 0);
  EXPECT_EQ(member.wait(), 0);
}

TEST_F(Listing, ADamagedRingTellsItsOwnError) {
  make_garbage("garbage");
  EXPECT_EQ(run({"ls", "garbage"}).status, 40);
  EXPECT_EQ(run({"sub", "garbage"}).status, 40);
  EXPECT_EQ(run({"pub", "garbage"}).status, 40);
  const Json list = json({"ls"});
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0]["state"], "not a ring");
  EXPECT_NE(list[0]["problem"], "");
  EXPECT_EQ(run({"rm", "garbage"}).status, 0);
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Listing, WhatIsInTheWayOfARingIsNamed) {
  std::filesystem::create_directory(directory_.path() / "ring.ring");
  std::ofstream(directory_.path() / "ring.ring" / "foreign") << "x";
  const Result published = run({"pub", "ring"}, "x");
  EXPECT_EQ(published.status, 40);
  EXPECT_NE(published.errors.find("is no ring"), std::string::npos) << published.errors;
}

TEST_F(Listing, ARingThatIsNotThere) {
  EXPECT_EQ(run({"ls", "ring"}).status, 21);
  EXPECT_EQ(run({"rm", "ring"}).status, 21);
  EXPECT_EQ(json({"ls"}), Json::array());
}

TEST_F(Listing, RemovingSeveralGoesOnAfterAFailure) {
  EXPECT_EQ(run({"pub", "one"}, "x").status, 0);
  EXPECT_EQ(run({"pub", "three"}, "x").status, 0);
  const Result removed = run({"rm", "one", "two", "three"});
  EXPECT_EQ(removed.status, 21);
  EXPECT_NE(removed.errors.find("two"), std::string::npos) << removed.errors;
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Listing, ARingInUseIsRemovedByForceAlone) {
  Process producer = start({"pub", "ring", "--lines", "--wait-for", "1"});
  Process consumer = start({"sub", "ring", "--lines", "--wait"});
  producer.write("one\n");
  wait_until([&] { return consumer.output() == "one\n"; });
  const Result refused = run({"rm", "ring"});
  EXPECT_EQ(refused.status, 28);
  EXPECT_TRUE(exists());
  EXPECT_EQ(run({"rm", "ring", "--force"}).status, 0);
  EXPECT_TRUE(directory_is_empty());
  EXPECT_EQ(consumer.wait(), 12) << consumer.errors();
  producer.child().kill();
}

TEST_F(Listing, AProducerThatWaitsLearnsOfTheRemoval) {
  Process producer = start({"pub", "ring", "--wait-for", "1"});
  wait_until([&] { return exists(); });
  EXPECT_EQ(run({"rm", "ring", "--force"}).status, 0);
  EXPECT_EQ(producer.wait(), 12) << producer.errors();
}

TEST_F(Listing, ModesHoldWhateverTheUmask) {
  const mode_t before = ::umask(0077);
  EXPECT_EQ(run({"pub", "ring", "--mode", "0644"}, "x").status, 0);
  ::umask(before);
  struct stat found {};
  ASSERT_EQ(::stat((directory_.path() / "ring.ring" / "ring").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0644U);
}

}  // namespace ringmain::testing
