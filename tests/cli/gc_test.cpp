// gc: what goes, what stays, and what is said about it.
// SPDX-License-Identifier: MIT
#include <unistd.h>

#include <fstream>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Collecting : public Tool {
 protected:
  void make_garbage(const std::string& name) const {
    const auto path = directory_.path() / (name + ".ring");
    std::filesystem::create_directory(path);
    for (const char* file : {"ring", "consumers"}) std::ofstream(path / file) << std::string(200'000, 'g');
  }
  static void make_dead(const std::string& name) { EXPECT_EQ(run({"pub", name, "--capacity", "1M"}, "x").status, 0); }
};

TEST_F(Collecting, EachRingGetsALineWithItsReason) {
  make_dead("dead");
  EXPECT_EQ(run({"create", "kept"}).status, 0);
  Process producer = start({"pub", "live"});
  wait_until([&] { return exists("live"); });
  Process consumer = start({"sub", "live"});
  wait_for_consumers(1, "live");
  make_dead("jobs");
  EXPECT_EQ(run({"sub", "jobs", "--group", "workers", "--durable", "--from", "oldest"}).status, 0);
  make_garbage("garbage");

  const Result collected = run({"gc"});
  EXPECT_EQ(collected.status, 0) << collected.errors;
  EXPECT_EQ(collected.output,
            "removed dead: nobody uses it (1.0 MiB)\n"
            "left garbage: damaged: not a ring; ringmain rm garbage\n"
            "left jobs: the durable group 'workers' has its place in it; ringmain rm jobs --group workers\n"
            "left kept: kept; ringmain rm kept\n"
            "left live: in use by its producer (pid " +
                std::to_string(producer.child().pid()) +
                ") and 1 consumer\n"
                "1 of 5 rings removed, 1.0 MiB freed\n");
  EXPECT_FALSE(exists("dead"));
  for (const char* name : {"garbage", "jobs", "kept", "live"}) EXPECT_TRUE(exists(name)) << name;
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(consumer.wait(), 0);
}

TEST_F(Collecting, ADryRunRemovesNothing) {
  make_dead("one");
  make_dead("two");
  const Result looked = run({"gc", "--dry-run"});
  EXPECT_EQ(looked.status, 0);
  EXPECT_EQ(looked.output,
            "would remove one: nobody uses it (1.0 MiB)\n"
            "would remove two: nobody uses it (1.0 MiB)\n"
            "2 of 2 rings would be removed, 2.0 MiB\n");
  EXPECT_TRUE(exists("one") && exists("two"));
}

TEST_F(Collecting, OnlyNamedRingsAreTouched) {
  make_dead("one");
  make_dead("two");
  EXPECT_EQ(run({"gc", "one"}).status, 0);
  EXPECT_FALSE(exists("one"));
  EXPECT_TRUE(exists("two"));
}

TEST_F(Collecting, OfNamedRingsTheFirstFailureIsTheStatus) {
  make_dead("dead");
  make_garbage("garbage");
  const Result collected = run({"gc", "missing", "garbage", "dead"});
  EXPECT_EQ(collected.status, 21);
  EXPECT_NE(collected.errors.find("missing"), std::string::npos) << collected.errors;
  EXPECT_NE(collected.errors.find("ringmain rm garbage"), std::string::npos) << collected.errors;
  EXPECT_FALSE(exists("dead"));
  EXPECT_EQ(run({"gc", "garbage"}).status, 40);
  EXPECT_EQ(run({"gc", "--dir", directory_.path() / "missing"}).status, 21);
}

TEST_F(Collecting, AnEmptyDirectoryIsNoError) { EXPECT_EQ(run({"gc"}).output, "0 of 0 rings removed, 0 B freed\n"); }

// A variable that is unset by mistake must not cost a ring.
TEST_F(Collecting, AnEmptyGroupIsNoReasonToRemoveTheRing) {
  make_dead("ring");
  EXPECT_EQ(run({"rm", "ring", "--group", ""}).status, 23);
  EXPECT_TRUE(exists());
}

}  // namespace ringmain::testing
