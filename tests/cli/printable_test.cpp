// What strangers wrote does nothing to a terminal.
// SPDX-License-Identifier: MIT
#include "printable.hpp"

#include <nlohmann/json.hpp>
#include <string>

#include "cli/tool.hpp"
#include "statistics_text.hpp"

namespace ringmain::testing {

using cli::is_text;
using cli::printable;
using cli::printable_line;
using cli::whole_characters;

TEST(Printable, NamesAreAscii) {
  EXPECT_EQ(printable("workers-1.a_b"), "workers-1.a_b");
  EXPECT_EQ(printable("a\x1b[31m\n\t\x7f\xff"), "a\\x1b[31m\\x0a\\t\\x7f\\xff");
  EXPECT_EQ(printable("\xc3\xa9"), "\\xc3\\xa9");
}

TEST(Printable, LinesKeepTheirCharacters) {
  EXPECT_EQ(printable_line("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"), "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  EXPECT_EQ(printable_line("a\tb\rc"), "a\\tb\\x0dc");
}

TEST(Printable, WhatLooksLikeACharacterAndIsNoneIsEscaped) {
  for (const std::string bytes : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                  "\xf5\x80\x80\x80", "\xc2\x9b", "\xe2\x80\xae", "\xef\xbb\xbf", "\xc3(", "\xff"}) {
    EXPECT_FALSE(is_text(bytes)) << printable(bytes);
    EXPECT_TRUE(printable_line(bytes).starts_with("\\x")) << printable(bytes);
  }
}

TEST(Printable, TextMayHaveLinesAndTabs) {
  EXPECT_TRUE(is_text("one\n\ttwo \xc3\xa9\n"));
  EXPECT_TRUE(is_text(""));
  EXPECT_FALSE(is_text("one\r\n"));
  EXPECT_FALSE(is_text(std::string_view("\0", 1)));
}

TEST(Printable, ACutCharacterIsLeftOut) {
  EXPECT_EQ(whole_characters("a\xe2\x82"), "a");
  EXPECT_EQ(whole_characters("a\xf0\x9f\x98"), "a");
  EXPECT_EQ(whole_characters("a\xe2\x82\xac"), "a\xe2\x82\xac");
  EXPECT_EQ(whole_characters("ab"), "ab");
  EXPECT_EQ(whole_characters("\x80\x80\x80\x80"), "\x80\x80\x80\x80");
  EXPECT_EQ(whole_characters(""), "");
}

TEST(Printable, StatisticsOfGarbageAreEscaped) {
  cli::Listed ring{.name = "ring"};
  ring.statistics.type = {.name = "\x1b[2J", .size = 4};
  ring.statistics.groups.push_back({.name = "\x1b]0;\xff"});
  ring.statistics.consumers.push_back({.group = "\x1b]0;\xff"});
  for (const std::string& text : {cli::details_of(ring, {}), cli::text_of(cli::json_of(ring))}) {
    EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
    EXPECT_EQ(text.find('\xff'), std::string::npos) << text;
  }
}

class Colours : public Tool {
 protected:
  Colours() { EXPECT_EQ(run({"pub", "ring"}, "x").status, 0); }
  static bool coloured(const Arguments& arguments) { return run(arguments).output.find('\x1b') != std::string::npos; }
};

TEST_F(Colours, AreForTerminalsUnlessAskedFor) {
  EXPECT_FALSE(coloured({"ls"}));
  EXPECT_TRUE(coloured({"ls", "--color", "always"}));
  EXPECT_TRUE(coloured({"--color=always", "stat", "ring"}));
  EXPECT_FALSE(coloured({"ls", "--color", "never"}));
  EXPECT_EQ(run({"ls", "--color", "perhaps"}).status, 2);
}

}  // namespace ringmain::testing
