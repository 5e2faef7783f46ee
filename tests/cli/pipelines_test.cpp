// What pub, sub, tee, record and replay add to a pipe: limits, pace, ends, keeping, journals.
// SPDX-License-Identifier: MIT
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "cli/tool.hpp"

namespace ringmain::testing {

namespace {

std::string lines_to(int last) {
  std::string lines;
  for (int i = 1; i <= last; ++i) lines.append(std::to_string(i)).append("\n");
  return lines;
}

bool contains(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

}  // namespace

class Pipelines : public Tool {
 protected:
  static Result everything(const Arguments& framing = {}) {
    Arguments sub{"sub", "ring", "--from", "oldest"};
    sub.insert(sub.end(), framing.begin(), framing.end());
    return run(sub);
  }
};

TEST_F(Pipelines, PubEndsAfterSoManyMessages) {
  EXPECT_EQ(run({"pub", "ring", "--lines", "--count", "3"}, lines_to(1000)).status, 0);
  EXPECT_EQ(everything({"--lines"}).output, lines_to(3));
}

TEST_F(Pipelines, PubThatHasEnoughDoesntWaitForMoreInput) {
  Process producer = start({"pub", "ring", "--lines", "--count", "2"});
  producer.write(lines_to(2));
  EXPECT_EQ(producer.child().wait(), 0);  // its input is still open
}

TEST_F(Pipelines, PubEndsAfterSoManyBytesExactlyOrWithAWholeMessage) {
  EXPECT_EQ(run({"pub", "ring", "--bytes", "100001", "--chunk", "4K"}, std::string(200'000, 'x')).status, 0);
  EXPECT_EQ(everything().output.size(), 100'001U);
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
  EXPECT_EQ(run({"pub", "ring", "--lines", "--bytes", "10"}, "1234\n1234\n1234\n1234\n").status, 0);
  EXPECT_EQ(everything({"--lines"}).output, "1234\n1234\n1234\n");
}

TEST_F(Pipelines, SubEndsAfterSoManyBytesExactlyOrWithAWholeMessage) {
  EXPECT_EQ(run({"pub", "ring"}, std::string(200'000, 'x')).status, 0);
  EXPECT_EQ(everything({"--bytes", "100001"}).output.size(), 100'001U);
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
  EXPECT_EQ(run({"pub", "ring", "--lines"}, lines_to(100)).status, 0);
  EXPECT_EQ(everything({"--lines", "--bytes", "2"}).output, lines_to(2));
}

TEST_F(Pipelines, APaceIsKeptToTheLastLine) {
  EXPECT_EQ(run({"pub", "ring", "--lines", "--rate", "20000"}, lines_to(2000)).status, 0);
  EXPECT_TRUE(same(everything({"--lines"}).output, lines_to(2000)));
  EXPECT_EQ(run({"pub", "other", "--rate", "nothing"}).status, 2);
}

// For 11 days, otherwise.
TEST_F(Pipelines, WhoWaitsForHisPaceCanBeInterrupted) {
  Process producer = start({"pub", "ring", "--lines", "--rate", "0.000001", "--rm"});
  producer.write(lines_to(2));
  wait_until([&] { return exists() && look().messages == 1; });
  producer.child().signal(SIGTERM);
  EXPECT_EQ(producer.child().wait(), -SIGTERM);
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Pipelines, TeePassesItsInputOnUnchanged) {
  const std::string input = lines_to(5000) + "no newline";
  const Result tee = run({"tee", "ring", "--lines"}, input);
  EXPECT_EQ(tee.status, 0) << tee.errors;
  EXPECT_TRUE(same(tee.output, input));
  EXPECT_TRUE(same(everything({"--lines"}).output, input + "\n"));
}

TEST_F(Pipelines, PubEndsAsAPipesWriterDoesWhenItsLastConsumerHasLeft) {
  Process producer = start({"pub", "ring", "--lines", "--sigpipe", "--capacity", "64K"});
  wait_until([&] { return exists(); });
  producer.write(lines_to(10));  // nobody was there yet: that is no end
  wait_until([&] { return look().messages == 10; });
  Process first = start({"sub", "ring", "--lines", "--count", "1"});
  Process second = start({"sub", "ring", "--lines", "--count", "1"});
  wait_for_consumers(2);
  producer.write("x\n");
  EXPECT_EQ(first.wait(), 0);
  EXPECT_EQ(second.wait(), 0);
  EXPECT_TRUE(producer.child().pid() > 0);
  while (!producer.child().ended()) producer.write("y\n");
  EXPECT_EQ(producer.child().wait(), -SIGPIPE);
}

TEST_F(Pipelines, AKeptRingOutlivesItsProducers) {
  EXPECT_EQ(run({"pub", "ring", "--lines", "--keep"}, "1\n").status, 0);
  Process consumer = start({"sub", "ring", "--lines", "--from", "oldest"});
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "2\n").status, 0);
  wait_until([&] { return consumer.output() == "1\n2\n"; });
  Process killed = start({"pub", "ring", "--lines"});
  killed.write("3\n");
  wait_until([&] { return consumer.output() == "1\n2\n3\n"; });
  killed.child().signal(SIGKILL);
  EXPECT_EQ(killed.child().wait(), -SIGKILL);
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "4\n").status, 0);
  wait_until([&] { return consumer.output() == "1\n2\n3\n4\n"; });
  EXPECT_EQ(run({"rm", "ring", "--force"}).status, 0);
  EXPECT_EQ(consumer.wait(), 12);
}

TEST_F(Pipelines, WhatRemovesAKeptRingEndsItsStream) {
  EXPECT_EQ(run({"pub", "ring", "--lines", "--keep"}, "1\n").status, 0);
  Process consumer = start({"sub", "ring", "--lines", "--from", "oldest"});
  wait_for_consumers(1);
  EXPECT_EQ(run({"pub", "ring", "--lines", "--rm"}, "2\n").status, 0);
  EXPECT_EQ(consumer.wait(), 0) << consumer.errors();
  EXPECT_EQ(consumer.output(), "1\n2\n");
}

TEST_F(Pipelines, JsonLinesAreJsonAndNothingElse) {
  EXPECT_EQ(run({"pub", "ring", "--json-lines"}, "{\"a\": 1}\n\n[1,\t2]\r\n").status, 0);
  EXPECT_EQ(everything({"--json-lines"}).output, "{\"a\": 1}\n[1,2]\n") << "as it is, but on one line";
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
  const Result bad = run({"pub", "ring", "--json-lines"}, "1\n{\n2\n");
  EXPECT_EQ(bad.status, 46);
  EXPECT_TRUE(contains(bad.errors, "line 2 is not JSON")) << bad.errors;
  EXPECT_EQ(everything({"--json-lines"}).status, 10) << "it is incomplete";
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
}

TEST_F(Pipelines, AMessageThatIsNoJsonIsRefusedByWhoWantsJson) {
  EXPECT_EQ(run({"pub", "ring", "--frames"}, std::string("\3\0\0\0{1}\5\0\0\0{\n}\n ", 16)).status, 0);
  const Result bad = everything({"--json-lines"});
  EXPECT_EQ(bad.status, 46);
  EXPECT_TRUE(contains(bad.errors, "position 0 is not JSON")) << bad.errors;
  EXPECT_EQ(run({"sub", "ring", "--from", "64", "--json-lines"}).output, "{}\n") << "on one line, whatever it had";
}

TEST_F(Pipelines, StatisticsAndProgressGoToStderr) {
  const Result pub = run({"pub", "ring", "--lines", "--stats", "--progress"}, lines_to(1000));
  EXPECT_EQ(pub.output, "");
  EXPECT_TRUE(contains(pub.errors, "pub ring: 1000 messages, 2.8 KiB in 0:00:00, ")) << pub.errors;
  EXPECT_TRUE(contains(pub.errors, " s: ")) << pub.errors;
  EXPECT_FALSE(contains(pub.errors, "\r")) << "it is no terminal";
  const Result sub = everything({"--lines", "--stats"});
  EXPECT_TRUE(same(sub.output, lines_to(1000)));
  EXPECT_TRUE(contains(sub.errors, "sub ring: 1000 messages, 2.8 KiB in ")) << sub.errors;
}

TEST_F(Pipelines, AnInterruptedSubHasWrittenWhatItReceived) {
  Process producer = start({"pub", "ring", "--lines", "--wait-for", "1"});
  Process consumer = start({"sub", "ring", "--lines", "--wait", "--stats"});
  producer.write(lines_to(1000));
  wait_until([&] { return consumer.output() == lines_to(1000); });
  consumer.child().signal(SIGINT);
  EXPECT_EQ(consumer.wait(), -SIGINT);
  EXPECT_TRUE(contains(consumer.errors(), "1000 messages")) << consumer.errors();
  EXPECT_EQ(producer.wait(), 0);
}

TEST_F(Pipelines, AnInterruptedSubWhoseReaderIsStuckEnds) {
  EXPECT_EQ(run({"pub", "ring"}, std::string(4'000'000, 'x')).status, 0);
  auto [reading, writing] = make_pipe();
  Process consumer = start({"sub", "ring", "--from", "oldest"}, {.out = writing.get()});
  wait_until([&] { return look().consumers.size() == 1 && look().consumers.front().position > 0; });
  consumer.child().signal(SIGTERM);
  EXPECT_EQ(consumer.wait(), -SIGTERM);
}

TEST_F(Pipelines, AnInterruptedSubThatWaitsForItsRingEnds) {
  Process consumer = start({"sub", "ring", "--wait", "--stats"});
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // most likely it waits by now; it ends at any moment
  consumer.child().signal(SIGINT);
  EXPECT_EQ(consumer.wait(), -SIGINT);
}

TEST_F(Pipelines, WhatIsRecordedIsReplayed) {
  const std::string journal = path("day?.journal");  // a '?' means something in an address, and nothing here
  EXPECT_EQ(run({"pub", "ring", "--lines"}, lines_to(1000)).status, 0);
  const Result record = run({"record", "ring", journal, "--from", "oldest", "--stats"});
  EXPECT_EQ(record.status, 0) << record.errors;
  EXPECT_TRUE(contains(record.errors, "record ring: 1000 messages")) << record.errors;
  EXPECT_EQ(run({"record", "ring", journal, "--from", "oldest"}).status, 22);
  EXPECT_EQ(run({"record", "ring", journal, "--from", "oldest", "--append", "--count", "2"}).status, 0);
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
  const Result replay = run({"replay", journal, "ring", "--from", "10", "--capacity", "1M"});
  EXPECT_EQ(replay.status, 0) << replay.errors;
  EXPECT_TRUE(same(everything({"--lines"}).output, lines_to(1000).substr(lines_to(10).size()) + "1\n2\n"));
  EXPECT_EQ(look().capacity, 1U << 20);
  EXPECT_EQ(run({"record", "ring", "", "--from", "oldest"}).status, 32);
}

}  // namespace ringmain::testing
