// Consumers that share, miss, or only watch.
// SPDX-License-Identifier: MIT
#include <fcntl.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "cli/tool.hpp"

namespace ringmain::testing {

namespace {

constexpr int kLines = 50'000;

std::string numbered_lines() {
  std::string lines;
  for (int i = 0; i < kLines; ++i) lines.append("line ").append(std::to_string(i)).append("\n");
  return lines;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> sorted(std::vector<std::string> lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace

class Groups : public Tool {};

TEST_F(Groups, EveryGroupGetsEveryLineOnce) {
  Process producer = start({"pub", "ring", "--lines", "--capacity", "64K", "--wait-for", "2", "--rm"});
  const Arguments worker{"sub", "ring", "--lines", "--wait", "--group", "workers"};
  Process first = start(worker);
  Process second = start(worker);
  wait_for_consumers(2);
  Process alone = start({"sub", "ring", "--lines", "--wait"});
  const std::string lines = numbered_lines();
  producer.write(lines);
  EXPECT_EQ(producer.wait(), 0) << producer.errors();
  EXPECT_EQ(first.wait(), 0) << first.errors();
  EXPECT_EQ(second.wait(), 0) << second.errors();
  EXPECT_EQ(alone.wait(), 0) << alone.errors();
  EXPECT_TRUE(same(alone.output(), lines));
  EXPECT_TRUE(sorted(lines_of(first.output() + second.output())) == sorted(lines_of(lines)));
  for (const Process* one : {&first, &second}) {  // each in order
    const auto got = lines_of(one->output());
    EXPECT_TRUE(std::is_sorted(got.begin(), got.end(), [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }));
  }
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Groups, WhatAMemberCouldNotWriteGoesToAnother) {
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "one\ntwo\n").status, 0);
  const Arguments worker{"sub", "ring", "--lines", "--from", "oldest", "--group", "workers", "--durable"};
  const OwnedDescriptor full = open_file("/dev/full", O_WRONLY);
  Process failing = start(worker, {.out = full.get()});
  EXPECT_EQ(failing.wait(), 1);
  EXPECT_EQ(run(worker).output, "one\ntwo\n");
}

TEST_F(Groups, ADurableGroupKeepsItsPlace) {
  const Arguments worker{"sub", "ring", "--lines", "--from", "oldest", "--group", "workers", "--durable"};
  Arguments one = worker;
  one.insert(one.end(), {"--count", "1"});
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "one\ntwo\nthree\n").status, 0);
  EXPECT_EQ(run(one).output, "one\n");
  EXPECT_EQ(run(one).output, "two\n");
  EXPECT_EQ(run(worker).output, "three\n");
}

TEST_F(Groups, ADurableGroupCanBeDissolved) {
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  EXPECT_EQ(run({"sub", "ring", "--group", "workers", "--durable"}).status, 0);
  EXPECT_EQ(look().groups.size(), 1U);
  EXPECT_EQ(run({"rm", "ring", "--group", "nobody"}).status, 21);
  EXPECT_EQ(run({"rm", "ring", "--group", "workers"}).status, 0);
  EXPECT_EQ(look().groups.size(), 0U);
  EXPECT_TRUE(exists());
}

TEST_F(Groups, WhatAnOverwritingRingLosesIsReported) {
  Process producer = start({"pub", "ring", "--lines", "--capacity", "64K", "--overwrite", "--wait-for", "1"});
  Process consumer = start({"sub", "ring", "--lines", "--wait", "--verbose"});
  producer.write("start\n");
  wait_until([&] { return consumer.output() == "start\n"; });
  consumer.child().stop();
  const std::string lines = numbered_lines();
  producer.write(lines);
  EXPECT_EQ(producer.wait(), 0);
  consumer.child().go_on();
  EXPECT_EQ(consumer.wait(), 0);
  const auto sent = lines_of("start\n" + lines);
  const auto got = lines_of(consumer.output());
  EXPECT_GT(got.size(), 1U);
  EXPECT_EQ(got.back(), sent.back());
  EXPECT_TRUE(std::equal(got.rbegin(), got.rend() - 1, sent.rbegin())) << "the newest ones, whole and in order";
  const std::string lost = std::to_string(sent.size() - got.size()) + " messages lost";
  EXPECT_NE(consumer.errors().find(lost + " before position"), std::string::npos) << consumer.errors();
  EXPECT_NE(consumer.errors().find(lost + ": "), std::string::npos) << consumer.errors();
}

TEST_F(Groups, AConsumerThatIsTooSlowIsEvicted) {
  Process producer = start({"pub", "ring", "--capacity", "64K", "--evict-after", "50ms", "--wait-for", "1"});
  Process consumer = start({"sub", "ring", "--wait"});
  producer.write("x");
  wait_until([&] { return consumer.output() == "x"; });
  consumer.child().stop();
  producer.write(std::string(1'000'000, 'y'));
  EXPECT_EQ(producer.wait(), 0) << producer.errors();
  consumer.child().go_on();
  EXPECT_EQ(consumer.wait(), 11) << consumer.errors();
}

TEST_F(Groups, ASpectatorHoldsNobodyUp) {
  Process producer = start({"pub", "ring", "--lines", "--capacity", "64K"});
  wait_until([&] { return exists(); });
  Process spectator = start({"sub", "ring", "--lines", "--spectator", "--from", "oldest"});
  producer.write("one\n");
  wait_until([&] { return spectator.output() == "one\n"; });
  EXPECT_EQ(look().consumers.size(), 0U);
  spectator.child().stop();
  producer.write(numbered_lines());
  EXPECT_EQ(producer.wait(), 0);
  spectator.child().go_on();
  EXPECT_EQ(spectator.wait(), 0) << spectator.errors();
  EXPECT_NE(spectator.errors().find("lost"), std::string::npos) << spectator.errors();
}

}  // namespace ringmain::testing
