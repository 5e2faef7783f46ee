// ringmain relay: from any carrier to any other, and how its ends are told.
// SPDX-License-Identifier: MIT
#include <csignal>
#include <fstream>
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class RelayCommand : public Tool {
 protected:
  std::string unix_address(const std::string& options = {}) const {
    return "unix:" + (directory_.path() / "socket").string() + options;
  }
  static std::string numbers(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += std::to_string(i) + "\n";
    return text;
  }
};

TEST_F(RelayCommand, ThroughAChainOfCarriers) {
  const std::string input = numbers(20'000);
  Process last = start({"relay", "ring:chain?wait=20s", "-?lines"});
  Process fourth = start({"relay", "spsc:chain", "ring:chain?wait-for=1&rm"});
  Process third = start({"relay", unix_address(), "spsc:chain?wait=20s"});
  const Result first = run({"relay", "-?lines", unix_address("?wait=20s")}, input);
  EXPECT_EQ(first.status, 0) << first.errors;
  for (Process* relay : {&third, &fourth}) {
    EXPECT_EQ(relay->wait(), 0) << relay->errors();
    EXPECT_EQ(relay->errors(), "");
  }
  EXPECT_EQ(last.wait(), 0) << last.errors();
  EXPECT_TRUE(same(last.output(), input));
  EXPECT_TRUE(directory_is_empty()) << "sockets, queues and rings are cleared away";
}

TEST_F(RelayCommand, CountEndsItInGoodOrder) {
  Process sink = start({"relay", unix_address(), "-?lines"});
  const Result source = run({"relay", "-?lines", unix_address("?wait=20s"), "--count", "3"}, numbers(100));
  EXPECT_EQ(source.status, 0) << source.errors;
  EXPECT_EQ(sink.wait(), 0) << sink.errors();
  EXPECT_EQ(sink.output(), numbers(3));
}

// Whoever stands at the end of the line learns that the beginning was killed.
TEST_F(RelayCommand, ADeathIsPassedOn) {
  Process last = start({"relay", "ring:r?wait=20s&from=oldest", "-?lines"});
  Process middle = start({"relay", unix_address(), "ring:r?wait-for=1"});
  Process first = start({"relay", "-?lines", unix_address("?wait=20s")});
  first.write("one\ntwo\n");
  wait_for_messages(2, "r");
  first.child().signal(SIGKILL);
  EXPECT_EQ(first.child().wait(), -SIGKILL);
  EXPECT_EQ(middle.wait(), static_cast<int>(Status::kProducerLost)) << middle.errors();
  EXPECT_NE(middle.errors().find("the sender died, or the connection broke, after message 2"), std::string::npos)
      << middle.errors();
  EXPECT_EQ(last.wait(), static_cast<int>(Status::kProducerLost)) << last.errors();
  EXPECT_EQ(last.output(), "one\ntwo\n");
}

TEST_F(RelayCommand, AReceiverThatDiesIsAnErrorOfItsOwn) {
  Process last = start({"relay", unix_address(), "-"});
  Process first = start({"relay", "-?lines", unix_address("?wait=20s")});
  first.write("one\n");
  wait_until([&] { return !last.output().empty(); });
  last.child().signal(SIGKILL);
  EXPECT_EQ(last.child().wait(), -SIGKILL);
  first.write(numbers(100'000));
  EXPECT_EQ(first.wait(), static_cast<int>(Status::kConsumerLost)) << first.errors();
}

TEST_F(RelayCommand, AnInterruptionEndsItInGoodOrder) {
  Process last = start({"relay", unix_address(), "-?lines"});
  Process first = start({"relay", "-?lines", unix_address("?wait=20s")});
  first.write("one\n");
  wait_until([&] { return last.output() == "one\n"; });
  first.child().signal(SIGTERM);
  EXPECT_EQ(first.child().wait(), -SIGTERM) << first.errors();
  EXPECT_EQ(last.wait(), 0) << last.errors();
}

TEST_F(RelayCommand, HalfALineIsNoneWhenInterrupted) {
  Process last = start({"relay", unix_address(), "-?lines"});
  Process first = start({"relay", "-?lines", unix_address("?wait=20s")});
  first.write("one\nincompl");
  wait_until([&] { return last.output() == "one\n"; });
  first.child().signal(SIGINT);
  EXPECT_EQ(first.child().wait(), -SIGINT);
  EXPECT_NE(first.errors().find("the last 7 bytes received are no whole message"), std::string::npos) << first.errors();
  EXPECT_EQ(last.wait(), 0) << last.errors();
  EXPECT_EQ(last.output(), "one\n");
}

TEST_F(RelayCommand, MessagesOfARingKeepTheirTypes) {
  // Through frames they would not; between rings they do.
  ASSERT_EQ(run({"pub", "from", "--lines"}, "x\n").status, 0);
  const Result relayed = run({"relay", "ring:from?from=oldest", "ring:to"});
  EXPECT_EQ(relayed.status, 0) << relayed.errors;
  EXPECT_EQ(look("to").messages, 1U);
  EXPECT_TRUE(look("to").closed);
}

TEST_F(RelayCommand, BadAddressesSayWhatToDo) {
  const Result nonsense = run({"relay", "carrier-pigeon:home", "-"});
  EXPECT_EQ(nonsense.status, static_cast<int>(Status::kBadAddress));
  EXPECT_NE(nonsense.errors.find("unix:PATH"), std::string::npos) << nonsense.errors;
  EXPECT_EQ(run({"relay", "-"}).status, 2);
  EXPECT_EQ(run({"relay", "ring:nowhere", "-"}).status, static_cast<int>(Status::kNotFound));
  EXPECT_EQ(run({"relay", "-", "ring:bad/name"}).status, static_cast<int>(Status::kBadName));
  EXPECT_EQ(run({"relay", "-?frames", "ring:r"}, std::string("\x05\0\0\0ab", 6)).status,
            static_cast<int>(Status::kBadFrame));
}

TEST_F(RelayCommand, HelpNamesEveryCarrier) {
  const std::string help = run({"relay", "--help"}).output;
  for (const char* synopsis : {"ring:NAME", "fd:N", "unix:PATH", "tcp:HOST:PORT", "mq:NAME", "spsc:NAME"}) {
    EXPECT_NE(help.find(synopsis), std::string::npos) << synopsis;
  }
}

// A stand-in for the program, found by PATH: it shows what it was started with.
TEST_F(RelayCommand, BenchPassesEverythingOn) {
  const std::string tool = directory_.path() / "ringmain";
  std::filesystem::copy_file(RINGMAIN_TOOL, tool);
  std::ofstream(directory_.path() / "ringmain-bench") << "#!/bin/sh\necho \"$@\"\nexit 7\n";
  std::filesystem::permissions(directory_.path() / "ringmain-bench", std::filesystem::perms::owner_all);
  Process bench({tool, "bench", "stream", "--sizes", "32,64K", "--help"});
  EXPECT_EQ(bench.wait(), 7);
  EXPECT_EQ(bench.output(), "stream --sizes 32,64K --help\n");
  std::filesystem::remove(directory_.path() / "ringmain-bench");
  Process missing({"env", "PATH=/nowhere", tool, "bench"});
  EXPECT_EQ(missing.wait(), static_cast<int>(Status::kNotFound));
  EXPECT_NE(missing.errors().find("RINGMAIN_BUILD_BENCH"), std::string::npos) << missing.errors();
}

}  // namespace ringmain::testing
