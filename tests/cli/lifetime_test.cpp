// How producers and consumers come and go.
// SPDX-License-Identifier: MIT
#include <csignal>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Lifetime : public Tool {};

TEST_F(Lifetime, AClosedRingStaysForWhoComesLate) {
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "one\ntwo\n").status, 0);
  const Result received = run({"sub", "ring", "--lines", "--from", "oldest"});
  EXPECT_EQ(received.status, 0) << received.errors;
  EXPECT_EQ(received.output, "one\ntwo\n");
  EXPECT_EQ(run({"sub", "ring", "--lines"}).output, "") << "the default is to start with the next message";
}

TEST_F(Lifetime, ConsumersStartWhereTheyAreTold) {
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "one\ntwo\nthree\n").status, 0);
  EXPECT_EQ(run({"sub", "ring", "--lines", "--from", "64"}).output, "two\nthree\n");
  EXPECT_EQ(run({"sub", "ring", "--lines", "--from", "128"}).output, "three\n");
  EXPECT_EQ(run({"sub", "ring", "--lines", "--from", "last"}).output, "three\n");
  EXPECT_EQ(run({"relay", "ring:ring?from=last", "-?lines"}).output, "three\n");
  EXPECT_EQ(run({"record", "ring", path("last.journal"), "--from", "last"}).status, 0);
  EXPECT_EQ(run({"relay", "file:" + path("last.journal"), "-?lines"}).output, "three\n");
  const Result wrong = run({"sub", "ring", "--from", "newest"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_NE(wrong.errors.find("oldest, last, latest or a position"), std::string::npos) << wrong.errors;
}

TEST_F(Lifetime, CountEndsAConsumer) {
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "one\ntwo\nthree\n").status, 0);
  const Result received = run({"sub", "ring", "--lines", "--from", "oldest", "--count", "2"});
  EXPECT_EQ(received.status, 0);
  EXPECT_EQ(received.output, "one\ntwo\n");
}

TEST_F(Lifetime, ARemovedRingIsDrainedByWhoIsAttached) {
  std::string lines;
  for (int i = 0; i < 50'000; ++i) lines += "line\n";
  const Result received = round_trip({"--lines", "--rm"}, {"--lines"}, lines);
  EXPECT_EQ(received.status, 0) << received.errors;
  EXPECT_TRUE(same(received.output, lines));
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Lifetime, EachLineIsPublishedWhenItIsThere) {
  Process producer = start({"pub", "ring", "--lines"});
  wait_until([&] { return exists(); });
  Process consumer = start({"sub", "ring", "--lines", "--wait"});
  wait_for_consumers(1);
  producer.write("one\n");
  wait_until([&] { return consumer.output() == "one\n"; });
  producer.write("two\nthr");
  wait_until([&] { return consumer.output() == "one\ntwo\n"; });
  EXPECT_EQ(look().messages, 2U);
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(consumer.wait(), 0);
  EXPECT_EQ(consumer.output(), "one\ntwo\nthr\n");
}

TEST_F(Lifetime, ALivingProducerIsNotReplaced) {
  Process producer = start({"pub", "ring"});
  wait_until([&] { return exists(); });
  const Result second = run({"pub", "ring"}, "x");
  EXPECT_EQ(second.status, 27);
  EXPECT_NE(second.errors.find("another producer is alive"), std::string::npos) << second.errors;
  producer.write("y");
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(look().messages, 1U);
}

TEST_F(Lifetime, AKilledProducerEndsConsumersWithTen) {
  Process producer = start({"pub", "ring", "--lines", "--wait-for", "1"});
  Process consumer = start({"sub", "ring", "--lines", "--wait"});
  producer.write("one\ntwo\nthr");
  wait_for_messages(2);
  producer.child().kill();
  const Result received = ended(consumer);
  EXPECT_EQ(received.status, 10);
  EXPECT_EQ(received.output, "one\ntwo\n");
  EXPECT_NE(received.errors.find("died without closing"), std::string::npos) << received.errors;
}

TEST_F(Lifetime, AConsumerMayOutliveItsProducer) {
  Process first = start({"pub", "ring", "--lines", "--wait-for", "1"});
  Process consumer = start({"sub", "ring", "--lines", "--wait", "--outlive-producer"});
  first.write("one\n");
  wait_for_messages(1);
  first.child().kill();
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "two\n").status, 0);
  EXPECT_EQ(consumer.wait(), 0);
  EXPECT_EQ(consumer.output(), "one\ntwo\n");
}

TEST_F(Lifetime, AClosedRingIsTakenOver) {
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "one\n").status, 0);
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "two\n").status, 0);
  EXPECT_EQ(run({"sub", "ring", "--lines", "--from", "oldest"}).output, "one\ntwo\n");
}

TEST_F(Lifetime, OptionsOfABirthAreReportedWhenTheRingIsThere) {
  EXPECT_EQ(run({"pub", "ring", "--capacity", "1M"}, "x").status, 0);
  const Result same = run({"pub", "ring", "--capacity", "1M"}, "x");
  EXPECT_EQ(same.status, 0);
  EXPECT_EQ(same.errors, "");
  const Result other = run({"pub", "ring", "--capacity", "2M", "--overwrite"}, "x");
  EXPECT_EQ(other.status, 0);
  EXPECT_NE(other.errors.find("--capacity, --overwrite ignored"), std::string::npos) << other.errors;
  EXPECT_EQ(look().capacity, std::uint64_t{1} << 20);
}

TEST_F(Lifetime, AConsumerWaitsForTheRing) {
  Process consumer = start({"sub", "ring", "--wait", "--from", "oldest"});
  EXPECT_EQ(run({"pub", "ring"}, "x").status, 0);
  EXPECT_EQ(consumer.wait(), 0);
  EXPECT_EQ(consumer.output(), "x");
}

TEST_F(Lifetime, AConsumerDoesNotWaitForEver) {
  const Result missing = run({"sub", "ring", "--wait=10ms"});
  EXPECT_EQ(missing.status, 21);
  EXPECT_EQ(run({"pub", "ring"}, "").status, 0);
  const Result closed = run({"sub", "ring", "--wait=10ms"});
  EXPECT_EQ(closed.status, 21);
  EXPECT_NE(closed.errors.find("no producer"), std::string::npos) << closed.errors;
}

TEST_F(Lifetime, AConsumerWaitsForTheNextProducerOfAClosedRing) {
  EXPECT_EQ(run({"pub", "ring"}, "old").status, 0);
  EXPECT_EQ(round_trip({}, {}, "new").output, "new");
  EXPECT_EQ(round_trip({}, {}, "").output, "") << "even if it has nothing to say";
}

TEST_F(Lifetime, AnOrphanedRingIsWaitedForToo) {
  Process producer = start({"pub", "ring"});
  producer.write("old");
  wait_for_messages(1);
  producer.child().kill();
  EXPECT_EQ(run({"sub", "ring"}).status, 10);
  EXPECT_EQ(round_trip({}, {}, "new").output, "new");
}

TEST_F(Lifetime, AMissingRingIsAnErrorThatSaysSo) {
  const Result received = run({"sub", "ring"});
  EXPECT_EQ(received.status, 21);
  EXPECT_NE(received.errors.find("no such ring"), std::string::npos) << received.errors;
}

TEST_F(Lifetime, ADirectoryCanBeGiven) {
  const TemporaryDirectory other;
  EXPECT_EQ(run({"pub", "ring", "--dir", other.path()}, "x").status, 0);
  EXPECT_EQ(run({"sub", "ring", "--from", "oldest", "--dir", other.path()}).output, "x");
  EXPECT_EQ(run({"rm", "ring", "--dir", other.path()}).status, 0);
  EXPECT_TRUE(std::filesystem::is_empty(other.path()));
  EXPECT_TRUE(directory_is_empty());
}

}  // namespace ringmain::testing
