// Signals, and standard streams that fail.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Signals : public Tool {
 protected:
  // A ring, closed, with `input` in it.
  static void fill(std::string_view input) { ASSERT_EQ(run({"pub", "ring"}, input).status, 0); }
};

TEST_F(Signals, AnInterruptedProducerClosesTheRingAndDiesByTheSignal) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    Process producer = start({"pub", "ring", "--lines", "--wait-for", "1", "--rm"});
    Process consumer = start({"sub", "ring", "--lines", "--wait"});
    producer.write("one\nincompl");
    wait_for_messages(1);
    producer.child().signal(signal);
    EXPECT_EQ(producer.child().wait(), -signal);
    EXPECT_NE(producer.errors().find("the last 7 bytes read are not published"), std::string::npos)
        << producer.errors();
    EXPECT_EQ(consumer.wait(), 0);
    EXPECT_EQ(consumer.output(), "one\n");
    EXPECT_TRUE(directory_is_empty());
  }
}

TEST_F(Signals, AnIgnoredSignalStaysIgnored) {
  Process producer({"sh", "-c", "trap '' INT; exec \"$0\" pub ring", RINGMAIN_TOOL});
  producer.write("x");
  wait_for_messages(1);
  producer.child().signal(SIGINT);
  producer.write("y");
  wait_for_messages(2);
  EXPECT_EQ(producer.wait(), 0);
}

TEST_F(Signals, AProducerThatWaitsForConsumersCanBeInterrupted) {
  Process producer = start({"pub", "ring", "--wait-for", "1", "--rm"});
  wait_until([&] { return exists(); });
  producer.child().signal(SIGINT);
  EXPECT_EQ(producer.child().wait(), -SIGINT);
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Signals, AProducerThatWaitsForRoomCanBeInterrupted) {
  Process producer = start({"pub", "ring", "--capacity", "64K", "--wait-for", "1"});
  Process consumer = start({"sub", "ring", "--wait"});
  producer.write("x");
  wait_until([&] { return consumer.output() == "x"; });
  consumer.child().stop();
  producer.write(std::string(90'000, 'y'));  // more than the ring has room for; the rest stays in the pipe
  wait_until([&] { return look().room_waits > 0; });
  producer.child().signal(SIGTERM);
  EXPECT_EQ(producer.child().wait(), -SIGTERM);
  consumer.child().go_on();
  EXPECT_EQ(consumer.wait(), 0) << "what was published is still received";
}

TEST_F(Signals, AnInterruptedConsumerDiesAndHoldsNobodyUp) {
  Process producer = start({"pub", "ring", "--capacity", "64K", "--wait-for", "1"});
  Process consumer = start({"sub", "ring", "--wait"});
  producer.write("x");
  wait_until([&] { return consumer.output() == "x"; });
  consumer.child().signal(SIGINT);
  EXPECT_EQ(consumer.child().wait(), -SIGINT);
  producer.write(std::string(1'000'000, 'y'));
  EXPECT_EQ(producer.wait(), 0);
}

TEST_F(Signals, AConsumerWhoseReaderIsGoneDiesQuietly) {
  fill(std::string(1'000'000, 'x'));
  auto [from, to] = make_pipe();
  from.close();
  Process consumer = start({"sub", "ring", "--from", "oldest"}, {.out = to.get()});
  EXPECT_EQ(consumer.wait(), -SIGPIPE);
  EXPECT_EQ(consumer.errors(), "");
}

TEST_F(Signals, AFullDiskIsAnError) {
  for (const char* framing : {"--raw", "--lines", "--frames"}) {
    fill(std::string(100'000, 'x'));
    const OwnedDescriptor full = open_file("/dev/full", O_WRONLY);
    Process consumer = start({"sub", "ring", "--from", "oldest", framing}, {.out = full.get()});
    EXPECT_EQ(consumer.wait(), 1);
    EXPECT_NE(consumer.errors().find("standard output: No space left on device"), std::string::npos)
        << consumer.errors();
  }
}

TEST_F(Signals, TextOnAFullDiskIsAnErrorToo) {
  const OwnedDescriptor full = open_file("/dev/full", O_WRONLY);
  for (const char* what : {"ls", "--help", "--version"}) {
    Process process = start({what}, {.out = full.get()});
    EXPECT_EQ(process.wait(), 1) << what;
  }
}

TEST_F(Signals, AClosedInputIsAnErrorAndMakesNoRing) {
  Process producer = start({"pub", "ring"}, {.in = Streams::kClosed});
  EXPECT_EQ(producer.wait(), 1);
  EXPECT_NE(producer.errors().find("standard input: Bad file descriptor"), std::string::npos) << producer.errors();
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Signals, ADirectoryIsNoInput) {
  const OwnedDescriptor directory = open_file("/", O_RDONLY | O_DIRECTORY);
  Process producer = start({"pub", "ring"}, {.in = directory.get()});
  EXPECT_EQ(producer.wait(), 1);
  EXPECT_NE(producer.errors().find("standard input: Is a directory"), std::string::npos) << producer.errors();
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Signals, AClosedOutputIsAnErrorAndLeavesTheRingAlone) {
  fill(std::string(1000, 'x'));
  Process consumer = start({"sub", "ring", "--from", "oldest"}, {.out = Streams::kClosed});
  EXPECT_EQ(consumer.wait(), 1);
  EXPECT_NE(consumer.errors().find("standard output: Bad file descriptor"), std::string::npos) << consumer.errors();
  EXPECT_EQ(run({"sub", "ring", "--from", "oldest"}).output, std::string(1000, 'x'));
}

TEST_F(Signals, StreamsMayBeNonBlocking) {
  auto [input_from, input_to] = make_pipe();
  auto [output_from, output_to] = make_pipe();
  ::fcntl(input_from.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(output_to.get(), F_SETFL, O_NONBLOCK);
  Process producer = start({"pub", "ring", "--wait-for", "1"}, {.in = input_from.get()});
  Process consumer = start({"sub", "ring", "--wait"}, {.out = output_to.get()});
  Process reader({"cat"}, {.in = output_from.get()});
  output_from.close();
  output_to.close();
  std::string sent;
  Process writer({"sh", "-c", "sleep 0.1; head -c 1000000 /dev/zero"}, {.out = input_to.get()});
  input_from.close();
  input_to.close();
  EXPECT_EQ(writer.wait(), 0);
  EXPECT_EQ(producer.wait(), 0) << producer.errors();
  EXPECT_EQ(consumer.wait(), 0) << consumer.errors();
  EXPECT_EQ(reader.wait(), 0);
  EXPECT_TRUE(same(reader.output(), std::string(1'000'000, '\0')));
}

}  // namespace ringmain::testing
