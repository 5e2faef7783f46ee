// ls and rm.
// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
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
};

TEST_F(Listing, ATableOfRings) {
  Process live = start({"pub", "live", "--capacity", "1M", "--evict-after", "2s", "--keep"});
  wait_until([&] { return exists("live"); });
  Process alone = start({"sub", "live", "--wait"});
  wait_for_consumers(1, "live");
  live.write("hello");
  wait_for_messages(1, "live");
  EXPECT_EQ(run({"pub", "closed", "--lines", "--overwrite"}, "one\ntwo\n").status, 0);
  Process killed = start({"pub", "orphaned"});
  wait_until([&] { return exists("orphaned"); });
  Process durable = start({"sub", "orphaned", "--group", "workers", "--durable"});
  wait_for_consumers(1, "orphaned");
  durable.child().kill();
  killed.child().kill();
  make_garbage("garbage");

  const Result listed = run({"ls"});
  EXPECT_EQ(listed.status, 0);
  EXPECT_EQ(listed.errors, "");
  using Row = std::vector<std::string>;
  const auto pid_of = [](Process& process) { return std::to_string(process.child().pid()); };
  const auto without_age = [](Row words) {
    EXPECT_GE(words.size(), 2U);
    words.resize(words.size() - std::min<std::size_t>(2, words.size()));  // "3 s"
    return words;
  };
  EXPECT_EQ(row(listed.output, "NAME"),
            (Row{"NAME", "STATE", "KIND", "CAPACITY", "PRODUCER", "GROUPS", "MESSAGES", "AGE"}));
  EXPECT_EQ(without_age(row(listed.output, "live")),
            (Row{"live", "live", "evict", "2", "s,", "kept", "1.0", "MiB", pid_of(live), "1", "1"}));
  EXPECT_EQ(without_age(row(listed.output, "closed")),
            (Row{"closed", "closed", "overwrite", "8.0", "MiB", "-", "0", "2"}));
  EXPECT_EQ(without_age(row(listed.output, "orphaned")),
            (Row{"orphaned", "orphaned", "wait,", "durable", "8.0", "MiB", "-", "1", "0"}));
  EXPECT_EQ(row(listed.output, "garbage"), (Row{"garbage", "not", "a", "ring"}));
  EXPECT_EQ(live.wait(), 0);
  EXPECT_EQ(row(run({"ls"}).output, "live")[1], "idle") << "it is kept, and waits for its next producer";
  EXPECT_EQ(run({"rm", "live", "--force"}).status, 0);
  EXPECT_EQ(alone.wait(), 12);
}

TEST_F(Listing, ADamagedRingTellsItsOwnError) {
  make_garbage("garbage");
  EXPECT_EQ(run({"stat", "garbage"}).status, 40);
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
  EXPECT_EQ(run({"ls", "ring"}).status, 2) << "what is one ring is for stat";
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
