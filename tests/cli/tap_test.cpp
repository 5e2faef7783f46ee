// tap: messages as they pass.
// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>
#include <string>

#include "cli/tool.hpp"
#include "message_text.hpp"

namespace ringmain::testing {

class Tap : public Tool {
 protected:
  using Json = nlohmann::json;

  // What tap shows of a closed ring that holds `lines`, but for the times in the first lines of its blocks.
  static std::string shown(const std::string& lines, Arguments options = {}) {
    EXPECT_EQ(run({"pub", "ring", "--lines"}, lines).status, 0);
    options.insert(options.begin(), {"tap", "ring", "--from", "oldest"});
    const Result tapped = run(options);
    EXPECT_EQ(tapped.status, 0) << tapped.errors;
    return without_times(tapped.output);
  }

  static std::string without_times(const std::string& text) {
    std::istringstream lines(text);
    std::string kept;
    for (std::string line; std::getline(lines, line);) {
      kept += line.starts_with("position") ? line.substr(0, line.rfind(", ")) : line;
      kept += "\n";
    }
    return kept;
  }
};

TEST_F(Tap, TextIsShownAsText) {
  EXPECT_EQ(shown("hello\n\xc3\xa9\n"), "position 0, 5 bytes\n  hello\nposition 64, 2 bytes\n  \xc3\xa9\n");
}

TEST_F(Tap, WhatIsNoTextIsShownInHexadecimal) {
  EXPECT_EQ(shown("a\x1b[2J and 10 more bytes\n"),
            "position 0, 23 bytes\n"
            "  000000  61 1b 5b 32 4a 20 61 6e 64 20 31 30 20 6d 6f 72  |a.[2J and 10 mor|\n"
            "  000010  65 20 62 79 74 65 73                             |e bytes|\n");
}

TEST_F(Tap, NotationsCanBeChosen) {
  EXPECT_EQ(shown("a\x1b\n", {"--text"}), "position 0, 2 bytes\n  a\\x1b\n");
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
  EXPECT_EQ(shown("a\n", {"--hex"}),
            "position 0, 1 byte\n  000000  61                                               |a|\n");
  EXPECT_EQ(run({"tap", "ring", "--hex", "--text"}).status, 2);
}

TEST_F(Tap, JsonIsALineForEachMessage) {
  EXPECT_EQ(run({"pub", "ring", "--lines"}, "\xc3\xa9\n\xff\n").status, 0);
  const std::string output = run({"tap", "ring", "--from", "oldest", "--json"}).output;
  const auto end = output.find('\n');
  const Json text = Json::parse(output.substr(0, end));
  EXPECT_EQ(text["position"], 0);
  EXPECT_EQ(text["bytes"], 2);
  EXPECT_EQ(text["text"], "\xc3\xa9");
  EXPECT_EQ(text["lost"], 0);
  const Json binary = Json::parse(output.substr(end + 1));
  EXPECT_EQ(binary["position"], 64);
  EXPECT_EQ(binary["hex"], "ff");
}

TEST_F(Tap, LongMessagesAreCut) {
  EXPECT_EQ(shown("123456789\n", {"--bytes", "4"}), "position 0, 9 bytes (4 shown)\n  1234\n");
  EXPECT_EQ(run({"rm", "ring"}).status, 0);
  EXPECT_EQ(shown("abc\xc3\xa9z\n", {"--bytes", "4"}), "position 0, 6 bytes (4 shown)\n  abc\n")
      << "the cut character doesn't make it binary";
}

TEST_F(Tap, StartsAndEndsWhereItIsTold) {
  EXPECT_EQ(shown("one\ntwo\nthree\n", {"--count", "2"}), "position 0, 3 bytes\n  one\nposition 64, 3 bytes\n  two\n");
  EXPECT_EQ(without_times(run({"tap", "ring", "--from", "128"}).output), "position 128, 5 bytes\n  three\n");
  EXPECT_EQ(run({"tap", "ring"}).output, "");
}

TEST_F(Tap, EachMessageIsShownWhenItPasses) {
  Process producer = start({"pub", "ring", "--lines"});
  producer.write("one\n");
  wait_for_messages(1);
  Process tap = start({"tap", "ring", "--from", "oldest"});
  wait_until([&] { return without_times(tap.output()) == "position 0, 3 bytes\n  one\n"; });
  EXPECT_EQ(look().consumers.size(), 0U) << "it takes no place";
  const std::string before = tap.output();
  producer.write("two\n");
  wait_until([&] { return tap.output() != before; });
  EXPECT_EQ(producer.wait(), 0);
  EXPECT_EQ(tap.wait(), 0) << tap.errors();
  EXPECT_TRUE(without_times(tap.output()).ends_with("position 64, 3 bytes\n  two\n"));
}

TEST_F(Tap, WithoutFollowingItEndsWhenThereIsNoMore) {
  Process producer = start({"pub", "ring", "--lines"});
  producer.write("one\n");
  wait_for_messages(1);
  const Result tapped = run({"tap", "ring", "--from", "oldest", "--no-follow"});
  EXPECT_EQ(tapped.status, 0);
  EXPECT_EQ(without_times(tapped.output), "position 0, 3 bytes\n  one\n");
}

TEST_F(Tap, TheDeathOfTheProducerIsTold) {
  Process producer = start({"pub", "ring", "--lines"});
  producer.write("one\n");
  wait_for_messages(1);
  producer.child().kill();
  const Result tapped = run({"tap", "ring", "--from", "oldest"});
  EXPECT_EQ(tapped.status, 10);
  EXPECT_EQ(without_times(tapped.output), "position 0, 3 bytes\n  one\n");
  EXPECT_NE(tapped.errors.find("died without closing"), std::string::npos) << tapped.errors;
}

TEST_F(Tap, WhatItMissesIsCounted) {
  Process producer = start({"pub", "ring", "--lines", "--capacity", "64K", "--overwrite"});
  producer.write("one\n");
  wait_for_messages(1);
  Process tap = start({"tap", "ring", "--from", "oldest", "--json"});
  wait_until([&] { return !tap.output().empty(); });
  tap.child().stop();
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "line\n";
  producer.write(lines);
  EXPECT_EQ(producer.wait(), 0);
  tap.child().go_on();
  EXPECT_EQ(tap.wait(), 0) << tap.errors();
  std::istringstream shown(tap.output());
  std::uint64_t lost = 0;
  std::uint64_t count = 0;
  for (std::string line; std::getline(shown, line); ++count) lost += Json::parse(line)["lost"].get<std::uint64_t>();
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(lost + count, 5001U);
}

TEST_F(Tap, LossAndTypeAreInTheBlock) {
  const cli::Sample sample{.position = 64, .bytes = 1, .type = 3, .lost = 12, .shown = "x"};
  const std::string block = cli::text_of(sample, cli::Notation::kReadable);
  EXPECT_TRUE(block.starts_with("position 64, 1 byte, type 3, ")) << block;
  EXPECT_TRUE(block.ends_with(", 12 lost before it\n  x\n")) << block;
}

}  // namespace ringmain::testing
