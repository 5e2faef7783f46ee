// The HTML report needs nothing else: no network, no other file.
// SPDX-License-Identifier: MIT
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "bench/program.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

std::string content_of_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::set<std::string> all_matches(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), expression), end; match != end; ++match) {
    found.insert(match->str());
  }
  return found;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

TEST(Report, IsSelfContained) {
  if (std::system("command -v gnuplot >/dev/null") != 0) GTEST_SKIP() << "gnuplot isn't installed";
  const TemporaryDirectory directory;
  const auto path = directory.path() / "a<b>&.html";
  const Ended ended = run_bench({"round-trip", "stream", "--carriers", "ring,pipe", "--sizes", "32,4K", "--seconds",
                                 "0.05", "--rounds", "2", "--report", path.string()});
  ASSERT_EQ(ended.status, 0) << ended.errors;
  const std::string page = content_of_file(path);
  EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
  EXPECT_NE(page.find("</html>"), std::string::npos);
  // The names of SVG's vocabularies, which nobody fetches.
  const std::set<std::string> names{"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"};
  EXPECT_EQ(all_matches(page, "https?://[^\"' <>]*"), names);
  EXPECT_EQ(all_matches(page, "<(script|link|img|iframe|object)"), std::set<std::string>{});
  EXPECT_EQ(count(page, "url(http"), 0U);
  // Two latency pictures, and for the two workloads with two sizes: one of time, two of throughput.
  EXPECT_EQ(count(page, "<svg"), 5U);
  EXPECT_EQ(count(page, "<svg"), count(page, "</svg>"));
  EXPECT_EQ(count(page, "<table"), 4U);
  EXPECT_NE(page.find("a&lt;b&gt;&amp;.html"), std::string::npos) << "the command line isn't escaped";
  for (const char* text : {"Linux ", "-O", "--rounds 2", "Round trip, spinning, messages of 32 B"}) {
    EXPECT_NE(page.find(text), std::string::npos) << text;
  }
}

TEST(Report, WithoutGnuplotIsRefusedBeforeAnythingIsMeasured) {
  const TemporaryDirectory directory;
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", directory.path().c_str(), 1);
  const Ended ended = run_bench({"stream", "--seconds", "0.05", "--report", (directory.path() / "r.html").string()});
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(ended.status, 2);
  EXPECT_NE(ended.errors.find("gnuplot-nox"), std::string::npos) << ended.errors;
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "r.html"));
}

}  // namespace
}  // namespace ringmain::testing
