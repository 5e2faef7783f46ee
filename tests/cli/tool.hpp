// The tool as its users start it, in a directory of the test's own.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "ringmain/segment.hpp"
#include "support/process.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

struct Result {
  int status = 0;  // minus the signal that killed it
  std::string output{};
  std::string errors{};
};

// Says where two long texts part, rather than printing them.
inline ::testing::AssertionResult same(std::string_view actual, std::string_view expected) {
  if (actual == expected) return ::testing::AssertionSuccess();
  const auto [at, _] = std::mismatch(actual.begin(), actual.end(), expected.begin(), expected.end());
  return ::testing::AssertionFailure() << actual.size() << " bytes for " << expected.size()
                                       << ", which differ from byte " << at - actual.begin() << " on";
}

// The words of the first line that begins with the word `first`.
inline std::vector<std::string> row(const std::string& table, const std::string& first) {
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> found;
    for (std::string word; words >> word;) found.push_back(word);
    if (!found.empty() && found.front() == first) return found;
  }
  return {};
}

class Tool : public ::testing::Test {
 protected:
  using Arguments = std::vector<std::string>;

  Tool() { ::setenv("RINGMAIN_DIR", directory_.path().c_str(), 1); }
  ~Tool() override { ::unsetenv("RINGMAIN_DIR"); }

  // Starts `ringmain ARGUMENTS`.
  static Process start(Arguments arguments, Streams streams = {}) {
    arguments.insert(arguments.begin(), RINGMAIN_TOOL);
    return Process(arguments, streams);
  }

  // Runs it to its end.
  static Result run(const Arguments& arguments, std::string_view input = {}) {
    const OwnedDescriptor file = file_of(input);
    Process process = start(arguments, {.in = file.get()});
    return ended(process);
  }

  static Result ended(Process& process) {
    const int status = process.wait();
    return {status, process.output(), process.errors()};
  }

  // Publishes `input` to a consumer that was there before; returns what it wrote.
  static Result round_trip(Arguments pub, Arguments sub, std::string_view input) {
    sub.insert(sub.begin(), {"sub", "ring", "--wait"});
    pub.insert(pub.begin(), {"pub", "ring", "--wait-for", "1"});
    Process consumer = start(sub);
    const Result published = run(pub, input);
    EXPECT_EQ(published.status, 0) << published.errors;
    EXPECT_EQ(published.errors, "");
    return ended(consumer);
  }

  Statistics look(const std::string& name = "ring") const { return statistics(name, directory_.path()); }
  bool exists(const std::string& name = "ring") const {
    return std::filesystem::exists(directory_.path() / (name + ".ring"));
  }
  void wait_for_consumers(std::size_t count, const std::string& name = "ring") const {
    wait_until([&] { return exists(name) && look(name).consumers.size() >= count; });
  }
  void wait_for_messages(std::uint64_t count, const std::string& name = "ring") const {
    wait_until([&] { return exists(name) && look(name).messages >= count; });
  }
  bool directory_is_empty() const { return std::filesystem::is_empty(directory_.path()); }

  std::string path(const std::string& file) const { return files_.path() / file; }

  // Something under a ring's name that is none.
  void make_garbage(const std::string& name) const {
    const auto path = directory_.path() / (name + ".ring");
    std::filesystem::create_directory(path);
    for (const char* file : {"ring", "consumers"}) std::ofstream(path / file) << std::string(200'000, 'g');
  }

  TemporaryDirectory directory_;
  TemporaryDirectory files_;  // for what isn't a ring
  Watchdog watchdog_{100};
};

}  // namespace ringmain::testing
