// A journal in a directory of its own, recorded from a stream and checked against it when it is replayed.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "journal_format.hpp"
#include "ringmain/transport/address.hpp"
#include "support/child.hpp"
#include "support/self_checking.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {

using namespace std::chrono_literals;
using transport::kJournalHeaderBytes;
using transport::kRecordHeaderBytes;
using transport::Sink;
using transport::Source;
using Bytes = std::vector<std::byte>;

class JournalTest : public ::testing::Test {
 protected:
  std::string path() const { return (directory_.path() / "j").string(); }
  std::string address(const std::string& options = "") const { return "file:" + path() + options; }
  std::unique_ptr<Sink> recorder(const std::string& options = "") const {
    return transport::open_sink(address(options));
  }
  std::unique_ptr<Source> replay(const std::string& options = "") const {
    return transport::open_source(address(options));
  }

  // Messages [first, last) of the stream.
  void record(Sink& sink, std::uint64_t first, std::uint64_t last) const {
    for (std::uint64_t number = first; number < last; ++number) {
      require(sink.send(stream_.message(number, 0), Stream::type_of(number)) == Status::kOk, "send");
    }
  }
  void record(std::uint64_t messages) const {
    const auto sink = recorder();
    record(*sink, 0, messages);
    require(sink->close() == Status::kOk, "close");
  }

  struct Replayed {
    std::uint64_t next = 0;  // behind the last message
    Status how = Status::kOk;
    std::string why{};
  };
  // Checks each message; `first` is the number of the first one.
  Replayed replayed(const std::string& options = "", std::uint64_t first = 0) const {
    Replayed result{.next = first};
    try {
      const auto source = replay(options);
      while ((result.how = source->receive(10s)) == Status::kOk) {
        const auto& message = source->message();
        EXPECT_TRUE(stream_.is(result.next, 0, message.bytes)) << "message " << result.next;
        EXPECT_EQ(message.type, Stream::type_of(result.next));
        if (HasFailure()) return result;
        ++result.next;
      }
    } catch (const Error& error) {
      result.how = error.status();
      result.why = error.what();
    }
    return result;
  }
  void expect_replay(std::uint64_t messages, Status how, const std::string& options = "", std::uint64_t first = 0) {
    const Replayed result = replayed(options, first);
    EXPECT_EQ(result.next, messages) << result.why;
    EXPECT_EQ(result.how, how) << describe(result.how) << result.why;
  }

  template <class Work>
  static Status refusal(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      return error.status();
    }
    return Status::kOk;
  }

  std::string content() const {
    std::ifstream file(path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(const std::string& content) const { std::ofstream(path(), std::ios::binary) << content; }

  // Where each record begins, the end's included, and last where the file ends.
  std::vector<std::size_t> boundaries(std::uint64_t messages) const {
    std::vector<std::size_t> all{kJournalHeaderBytes};
    for (std::uint64_t number = 0; number < messages; ++number) {
      all.push_back(all.back() + kRecordHeaderBytes + (stream_.length_of(number) + 7) / 8 * 8);
    }
    all.push_back(all.back() + kRecordHeaderBytes);
    return all;
  }

  TemporaryDirectory directory_;
  Stream stream_{7, 0, 200};
  Watchdog watchdog_{100};
};

}  // namespace ringmain::testing
