// What users get wrong.
// SPDX-License-Identifier: MIT
#include <string>

#include "cli/tool.hpp"

namespace ringmain::testing {

class Usage : public Tool {};

TEST_F(Usage, WrongUsageEndsWithTwo) {
  const std::vector<Arguments> wrong{
      {},
      {"frobnicate"},
      {"pub"},
      {"sub"},
      {"rm"},
      {"pub", "one", "two"},
      {"sub", "ring", "--bogus"},
      {"pub", "ring", "--lines", "--raw"},
      {"pub", "ring", "--capacity", "8X"},
      {"pub", "ring", "--capacity", "0"},
      {"pub", "ring", "--capacity", "99999999999G"},
      {"pub", "ring", "--evict-after", "3"},
      {"pub", "ring", "--evict-after", "2s", "--overwrite"},
      {"pub", "ring", "--mode", "0999"},
      {"pub", "ring", "--mode", "1777"},
      {"pub", "ring", "--wait-for", "-1"},
      {"sub", "ring", "--count", "0"},
      {"sub", "ring", "--from", "middle"},
      {"sub", "ring", "--wait=soon"},
      {"sub", "ring", "--durable"},
      {"sub", "ring", "--spectator", "--group", "workers"},
      {"rm", "ring", "--force", "--group", "workers"},
  };
  for (const Arguments& arguments : wrong) {
    const Result result = run(arguments);
    EXPECT_EQ(result.status, 2) << ::testing::PrintToString(arguments);
    EXPECT_TRUE(result.errors.starts_with("ringmain: ")) << result.errors;
    EXPECT_NE(result.errors.find("--help"), std::string::npos) << result.errors;
    EXPECT_EQ(result.output, "");
  }
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Usage, HelpAndVersionGoToStandardOutput) {
  for (const Arguments& arguments : {Arguments{"--help"},
                                     {"pub", "--help"},
                                     {"sub", "-h"},
                                     {"ls", "--help"},
                                     {"rm", "--help"},
                                     {"stat", "--help"},
                                     {"top", "--help"},
                                     {"tap", "--help"},
                                     {"hz", "--help"}}) {
    const Result result = run(arguments);
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.errors, "");
    EXPECT_NE(result.output.find("Usage: ringmain"), std::string::npos) << result.output;
  }
  EXPECT_TRUE(run({"--version"}).output.starts_with("ringmain "));
}

TEST_F(Usage, HelpListsTheExitStatuses) {
  const std::string help = run({"--help"}).output;
  for (const char* text : {"Exit status:", "  10  the producer died", "  21  not found"}) {
    EXPECT_NE(help.find(text), std::string::npos) << help;
  }
}

TEST_F(Usage, BadNamesAreRefused) {
  for (const char* name : {"../ring", "a/b", ".hidden", "", "with space"}) {
    EXPECT_EQ(run({"pub", name}).status, 23) << name;
    EXPECT_EQ(run({"sub", name}).status, 23) << name;
    EXPECT_EQ(run({"rm", name}).status, 23) << name;
  }
  EXPECT_EQ(run({"pub", std::string(129, 'x')}).status, 23);
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Usage, OptionsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(run({"pub", "ring", "--capacity", "100000"}).status, 24);
  EXPECT_EQ(run({"pub", "ring", "--capacity", "4K"}).status, 24);
  EXPECT_EQ(run({"pub", "ring", "--file-group", "no-such-group"}).status, 24);
  EXPECT_TRUE(directory_is_empty());
}

TEST_F(Usage, AMissingDirectoryIsAnError) {
  EXPECT_EQ(run({"pub", "ring", "--dir", directory_.path() / "missing"}).status, 21);
  EXPECT_EQ(run({"ls", "--dir", directory_.path() / "missing"}).status, 21);
}

}  // namespace ringmain::testing
