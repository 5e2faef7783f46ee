// A command for each message: its exit status decides whether the message is dealt with.
// SPDX-License-Identifier: MIT
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "cli/tool.hpp"
#include "support/scale.hpp"

namespace ringmain::testing {

namespace {

bool contains(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

std::string numbered(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) text.append(std::to_string(i)).append("\n");
  return text;
}

}  // namespace

class Workers : public Tool {
 protected:
  static Result published(std::string_view lines, const Arguments& more = {}) {
    Arguments pub{"pub", "ring", "--lines"};
    pub.insert(pub.end(), more.begin(), more.end());
    return run(pub, lines);
  }
  static Arguments worker(const Arguments& command) {
    Arguments all{"sub", "ring", "--from", "oldest", "--group", "workers", "--durable", "--verbose"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }
};

TEST_F(Workers, GetAMessageAsAnArgumentThatNoShellTouches) {
  published("a b\n$(touch x) ';\n");
  EXPECT_EQ(run({"sub", "ring", "--from", "oldest", "--exec", "printf '<%s|%s>' {} \"x {} y\""}).output,
            "<a b|x a b y><$(touch x) ';|x $(touch x) '; y>");
  EXPECT_EQ(run({"sub", "ring", "--from", "oldest", "--count", "1", "--exec", "printf '[%s]' last"}).output,
            "[last][a b]")
      << "without {} it is the last argument";
}

TEST_F(Workers, GetTheirWordsAsAShellWouldTellThemApart) {
  published("hi\n");
  EXPECT_EQ(run({"sub", "ring", "--from", "oldest", "--exec",
                 R"(printf '<%s>' "it's {}"  '"' "a \"b\" \c" '' d\ e\'  "x"'y'{})"})
                .output,
            R"(<it's hi><"><a "b" \c><><d e'><xyhi>)");
}

TEST_F(Workers, GetAMessageAsTheirInput) {
  run({"pub", "ring", "--frames"}, std::string("\2\0\0\0\0x", 6));
  const Result worked = run({"sub", "ring", "--from", "oldest", "--", "sh", "-c",
                             "cat; printf ' %s' $RINGMAIN_RING "
                             "$RINGMAIN_POSITION $RINGMAIN_REDELIVERED"});
  EXPECT_EQ(worked.status, 0) << worked.errors;
  EXPECT_EQ(worked.output, std::string("\0x ring 0 0", 11));
}

TEST_F(Workers, MayReadAsLittleAsTheyLike) {
  run({"pub", "ring", "--frames"}, std::string("\0\0\20\0", 4) + std::string(1 << 20, 'x'));
  EXPECT_EQ(run({"sub", "ring", "--from", "oldest", "--", "true"}).status, 0);
}

TEST_F(Workers, ThatFailLeaveTheMessageToAnother) {
  published("one\ntwo\n");
  const std::string flag = path("flag");
  // Fails for "one" the first time.
  const std::string script = "read -r line; [ $line = two ] || [ -e " + flag + " ] || { touch " + flag +
                             "; exit 7; }; echo $line $RINGMAIN_REDELIVERED";
  const Result worked = run(worker({"--", "sh", "-c", script}));
  EXPECT_EQ(worked.status, 0) << worked.errors;
  EXPECT_TRUE(worked.output == "one 1\ntwo 0\n" || worked.output == "two 0\none 1\n") << worked.output;
  EXPECT_TRUE(contains(worked.errors, "'sh' failed with 7: the message at position 0")) << worked.errors;
  EXPECT_TRUE(contains(worked.errors, "position 0 is redelivered")) << worked.errors;
  std::filesystem::remove(flag);
}

// Nobody can join any more: what failed is tried again here, and the rest follows.
TEST_F(Workers, ThatFailWhenTheRingIsGoneDealWithTheRestAllTheSame) {
  const std::string go = path("go");
  const std::string failed = path("failed");
  const std::string script = "while [ ! -e " + go + " ]; do sleep 0.01; done; read -r line; [ $line != 2 ] || [ -e " +
                             failed + " ] || { touch " + failed + "; exit 1; }; echo $line";
  Process workers = start({"sub", "ring", "--wait", "--group", "workers", "--", "sh", "-c", script});
  EXPECT_EQ(published("1\n2\n3\n", {"--wait-for", "1", "--rm"}).status, 0);
  EXPECT_EQ(published("other\n").status, 0);  // another ring has the name
  std::ofstream(go) << "";
  EXPECT_EQ(workers.wait(), 0) << workers.errors();
  EXPECT_EQ(workers.output(), "1\n2\n3\n");
}

TEST_F(Workers, GoOnWithoutAMessageThatTheyCantDealWith) {
  published("1\n2\n3\n");
  for (const Arguments& group : {Arguments{}, Arguments{"--group", "workers"}}) {
    Arguments sub{"sub", "ring", "--from", "oldest", "--tries", "2", "--exec", "sh -c 'echo $0; [ $0 != 2 ]'"};
    sub.insert(sub.end(), group.begin(), group.end());
    const Result worked = run(sub);
    EXPECT_EQ(worked.status, 3) << worked.errors;
    std::string sorted = worked.output;  // in a group others come before the second try
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(sorted, "\n\n\n\n1223");
    EXPECT_TRUE(contains(worked.errors, "passed over after 2 tries")) << worked.errors;
  }
}

TEST_F(Workers, ThatCantBeStartedLoseNothing) {
  published("1\n");
  const Result missing = run(worker({"--", "./no-such-program"}));
  EXPECT_EQ(missing.status, 3);
  EXPECT_TRUE(contains(missing.errors, "can't run './no-such-program': No such file")) << missing.errors;
  EXPECT_EQ(run(worker({"--exec", "echo"})).output, "1\n");
  run({"pub", "ring", "--frames"}, std::string("\1\0\0\0\0", 5));
  const Result zero = run(worker({"--exec", "echo", "--tries", "1"}));
  EXPECT_EQ(zero.status, 3);
  EXPECT_TRUE(contains(zero.errors, "zero byte")) << zero.errors;
}

TEST_F(Workers, CommandsThatMakeNoSenseAreRefused) {
  for (const Arguments& wrong :
       {Arguments{"--exec", ""}, Arguments{"--exec", "a 'b"}, Arguments{"--exec", "a\\"}, Arguments{"--jobs", "2"},
        Arguments{"--jobs", "257", "--exec", "a"}, Arguments{"--exec", "a", "--", "b"}, Arguments{"--tries", "3"},
        Arguments{"--tries", "0", "--exec", "a"}}) {
    EXPECT_EQ(run(worker(wrong)).status, 2) << wrong.back();
  }
  EXPECT_EQ(run({"sub", "ring", "--jobs", "2"}).status, 2) << "it needs a group";
}

TEST_F(Workers, ThatAreInterruptedGiveTheirMessageBack) {
  published("1\n");
  const std::string ready = path("ready");
  Process busy = start(worker({"--exec", "sh -c 'touch " + ready + "; exec sleep 1000'"}));
  wait_until([&] { return std::filesystem::exists(ready); });
  busy.child().signal(SIGTERM);
  EXPECT_EQ(busy.wait(), -SIGTERM);
  const Result next = run(worker({"--lines"}));
  EXPECT_EQ(next.output, "1\n");
  EXPECT_TRUE(contains(next.errors, "redelivered")) << next.errors;
  std::filesystem::remove(ready);
}

TEST_F(Workers, OfACrewFinishTheirMessagesWhenItsHeadIsInterrupted) {
  published(numbered(3));
  const std::string started = path("started");
  const std::string script =
      "trap '' TERM; read -r line; echo x >> " + started + "; sleep 0.$((line + 1))5; echo $line";
  Process crew = start(worker({"--jobs", "3", "--", "sh", "-c", script}));
  const auto at_work = [&] {
    std::ifstream file(started);
    return std::count(std::istreambuf_iterator<char>(file), {}, 'x') == 3;
  };
  wait_until(at_work);
  crew.child().signal(SIGTERM);
  EXPECT_EQ(crew.wait(), -SIGTERM) << crew.errors();
  std::string done = crew.output();
  std::sort(done.begin(), done.end());
  EXPECT_EQ(done, "\n\n\n012");
  EXPECT_EQ(look().groups.at(0).lag_bytes, 0U) << "a message was given back though it was dealt with";
}

TEST_F(Workers, OfACrewShareTheMessagesAndEndTogether) {
  published(numbered(200));
  const Result crew = run(worker({"--jobs", "4", "--", "sh", "-c", "echo $PPID $(cat)"}));
  EXPECT_EQ(crew.status, 0) << crew.errors;
  std::map<std::string, int> of_process;
  std::map<std::string, int> lines;
  std::istringstream output(crew.output);
  for (std::string process, line; output >> process >> line;) {
    ++of_process[process];
    ++lines[line];
  }
  EXPECT_EQ(lines.size(), 200U);
  EXPECT_GT(of_process.size(), 1U);
}

TEST_F(Workers, OfACrewAreReplacedWhenTheyAreKilled) {
  Process producer = start({"pub", "ring", "--lines", "--wait-for", "1"});
  Process crew = start({"sub", "ring", "--wait", "--group", "workers", "--jobs", "2", "--verbose", "--exec", "echo"});
  wait_until([&] { return exists() && look().consumers.size() == 2; });
  for (int kills = 0; kills < 3; ++kills) {
    const auto victim = static_cast<pid_t>(look().consumers.front().pid);
    EXPECT_EQ(::kill(victim, SIGKILL), 0);
    wait_until([&] {
      int living = 0;
      for (const auto& consumer : look().consumers)
        living += consumer.alive && consumer.pid != static_cast<std::uint32_t>(victim);
      return living == 2;
    });
  }
  producer.write(numbered(100));
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(crew.wait(), 0) << crew.errors();
  EXPECT_TRUE(contains(crew.errors(), "killed by signal 9; another takes its place")) << crew.errors();
  const std::string output = crew.output();
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 100);
}

TEST_F(Workers, OfACrewEndWhenItsHeadIsInterruptedOrKilled) {
  for (const int signal : {SIGTERM, SIGKILL}) {
    Process producer = start({"pub", "ring", "--lines", "--rm"});
    wait_until([&] { return exists(); });
    Process crew = start({"sub", "ring", "--group", "workers", "--jobs", "3", "--", "cat"});
    wait_for_consumers(3);
    crew.child().signal(signal);
    EXPECT_EQ(crew.wait(), -signal);
    wait_until([&] {
      const auto consumers = look().consumers;
      return std::none_of(consumers.begin(), consumers.end(), [](const auto& one) { return one.alive; });
    });
    EXPECT_EQ(producer.wait(), 0);
  }
}

// Every line is written by somebody, whoever is killed and whenever; and who writes one that another may have written says so.
TEST_F(Workers, ThatAreKilledAtRandomLoseNothing) {
  const int lines = proof_scaled(20'000, 100'000);
  const int kills = proof_scaled(20, 50);
  constexpr int kWorkers = 4;
  // Durable, for all may be dead at a time: on a slow machine the next ones take longer than the ring holds messages.
  const Arguments arguments{"sub", "ring", "--lines", "--wait", "--group", "workers", "--durable", "--verbose"};
  const OwnedDescriptor input = file_of(numbered(lines));
  const Arguments pub{
      "pub", "ring", "--lines", "--capacity", "64K", "--wait-for", "1", "--rate", kSanitized ? "4000" : "40000"};
  Process producer = start(pub, {.in = input.get()});
  std::vector<Process> workers;
  for (int i = 0; i < kWorkers; ++i) workers.push_back(start(arguments));
  wait_for_consumers(kWorkers);
  std::vector<Process> dead;
  std::mt19937 random(7);
  while (std::ssize(dead) < kills) {
    Process& victim = workers[random() % kWorkers];
    wait_until([&] { return !victim.output().empty() || producer.child().ended(); });  // it is in the midst of it
    if (producer.child().ended()) break;
    victim.child().kill();
    dead.push_back(std::exchange(victim, start(arguments)));
  }
  EXPECT_EQ(producer.wait(), 0) << producer.errors();
  std::map<int, int> written;
  std::size_t marked = 0;
  const auto read = [&](const Process& process) {
    std::istringstream output(process.output());
    for (std::string line; std::getline(output, line);) {
      if (!output.eof()) ++written[std::stoi(line)];  // the killed leave half a line, at most
    }
    const std::string errors = process.errors();
    for (auto at = errors.find("is redelivered"); at != std::string::npos; at = errors.find("is redelivered", at + 1))
      ++marked;
  };
  for (Process& worker : workers) EXPECT_EQ(worker.wait(), 0) << worker.errors();
  for (const Process& worker : workers) read(worker);
  for (const Process& worker : dead) read(worker);
  EXPECT_GT(std::ssize(dead), 2) << "hardly anybody was killed in the midst of it";
  EXPECT_EQ(written.size(), static_cast<std::size_t>(lines));
  const auto twice = static_cast<std::size_t>(
      std::count_if(written.begin(), written.end(), [](const auto& line) { return line.second > 1; }));
  EXPECT_LE(twice, marked);
  std::printf("PROOF work-sharing lines: %d lines, %d kills, %zu redelivered, %zu doubled, 0 lost\n", lines,
              static_cast<int>(dead.size()), marked, twice);
}

}  // namespace ringmain::testing
