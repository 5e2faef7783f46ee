// Journals: what was recorded whole is replayed, and nothing else ever is.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "journal_format.hpp"
#include "ringmain/transport/address.hpp"
#include "support/child.hpp"
#include "support/scale.hpp"
#include "support/self_checking.hpp"
#include "support/shared.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

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

TEST_F(JournalTest, every_size_comes_back) {
  std::vector<std::size_t> sizes{0,    1,    7,       8,       9,       39,        40,       41,
                                 4095, 4096, 262'143, 262'144, 262'145, 1'048'576, 5'000'001};
  for (std::size_t size = 0; size < 300; ++size) sizes.push_back(size);
  const auto content_of_size = [](std::size_t size) { return Bytes(size, static_cast<std::byte>(size % 251 + 1)); };
  {
    const auto sink = recorder();
    for (const std::size_t size : sizes) ASSERT_EQ(sink->send(content_of_size(size)), Status::kOk);
    ASSERT_EQ(sink->close(), Status::kOk);
    ASSERT_EQ(sink->close(), Status::kOk) << "once more";
  }
  const auto source = replay();
  for (const std::size_t size : sizes) {
    ASSERT_EQ(source->receive(0ns), Status::kOk) << size;
    EXPECT_EQ(Bytes(source->message().bytes.begin(), source->message().bytes.end()), content_of_size(size));
  }
  EXPECT_EQ(source->receive(0ns), Status::kEnd);
  EXPECT_EQ(source->receive(0ns), Status::kEnd);
}

TEST_F(JournalTest, many_messages_of_all_sizes) {
  stream_ = Stream(8, 0, 700'000);
  record(scaled(5'000));
  expect_replay(scaled(5'000), Status::kEnd);
}

// A claim stays where it is when what was gathered before is flushed.
TEST_F(JournalTest, a_flush_within_a_claim) {
  const auto sink = recorder();
  record(*sink, 0, 3);
  const Bytes message = stream_.message(3, 0);
  std::byte* room = sink->claim(message.size() + 100);
  std::memcpy(room, message.data(), message.size());
  ASSERT_EQ(sink->flush(), Status::kOk);
  ASSERT_EQ(std::filesystem::file_size(path()), boundaries(3).at(3));
  sink->commit(message.size(), Stream::type_of(3));
  record(*sink, 4, 6);
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(6, Status::kEnd);
}

TEST_F(JournalTest, cut_at_every_byte) {
  constexpr std::uint64_t kMessages = 12;
  record(kMessages);
  const std::string whole = content();
  const auto begins = boundaries(kMessages);
  ASSERT_EQ(whole.size(), begins.back());
  expect_replay(kMessages, Status::kEnd);
  std::uint64_t messages = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    while (messages < kMessages && begins[messages + 1] <= size) ++messages;
    expect_replay(size < kJournalHeaderBytes ? 0 : messages,
                  size < kJournalHeaderBytes ? Status::kBadFrame : Status::kProducerLost);
    ASSERT_FALSE(HasFailure()) << "cut to " << size;
  }
}

TEST_F(JournalTest, what_was_torn_is_told) {
  record(3);
  const auto begins = boundaries(3);
  std::filesystem::resize_file(path(), begins[2] + 5);
  const Replayed result = replayed();
  EXPECT_NE(result.why.find("2 messages are whole, 5 bytes behind them are torn"), std::string::npos) << result.why;
}

// What the file system left as zeros, of a machine that lost its power.
TEST_F(JournalTest, a_tail_of_zeros_is_torn) {
  record(5);
  const auto begins = boundaries(5);
  std::string zeroed = content();
  std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(begins[3]), zeroed.end(), '\0');
  put(zeroed + std::string(100'000, '\0'));
  expect_replay(3, Status::kProducerLost);
}

// Nothing that was not recorded is ever replayed, wherever a bit is wrong; and it is told what is wrong.
TEST_F(JournalTest, a_wrong_bit_anywhere) {
  constexpr std::uint64_t kMessages = 6;
  record(kMessages);
  const std::string whole = content();
  const auto begins = boundaries(kMessages);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    put(damaged);
    const Replayed result = replayed();
    std::uint64_t hit = 0;
    while (begins[hit + 1] <= at) ++hit;
    const std::size_t padding = at < kJournalHeaderBytes || hit == kMessages
                                    ? whole.size()
                                    : begins[hit] + kRecordHeaderBytes + stream_.length_of(hit);
    if (at < kJournalHeaderBytes) {
      EXPECT_EQ(result.next, 0U);
      EXPECT_EQ(result.how, at < 8 ? Status::kBadFrame : Status::kCorrupt);
    } else if (at >= padding) {
      EXPECT_EQ(result.how, Status::kEnd) << "padding says nothing";
    } else {
      EXPECT_EQ(result.next, hit);
      EXPECT_EQ(result.how, hit == kMessages ? Status::kProducerLost : Status::kCorrupt);
    }
    ASSERT_FALSE(HasFailure()) << "at byte " << at << ": " << result.why;
  }
}

TEST_F(JournalTest, behind_what_is_damaged_it_goes_on_where_it_is_told) {
  record(20);
  const auto begins = boundaries(20);
  std::string damaged = content();
  damaged[begins[7]] = static_cast<char>(damaged[begins[7]] + 1);
  put(damaged);
  const Replayed result = replayed();
  EXPECT_EQ(result.how, Status::kCorrupt);
  EXPECT_NE(result.why.find("message 7, at byte " + std::to_string(begins[7])), std::string::npos) << result.why;
  EXPECT_NE(result.why.find("?from=8"), std::string::npos) << result.why;
  expect_replay(20, Status::kEnd, "?from=8", 8);
  expect_replay(7, Status::kCorrupt, "?from=7", 7);
  expect_replay(7, Status::kCorrupt, "?from=5", 5);
  expect_replay(7, Status::kCorrupt, "?from=0s");
}

// A record counts only where it was written, in the journal to which it was.
TEST_F(JournalTest, records_of_elsewhere_are_none) {
  stream_ = Stream(1, 56, 56);
  record(5);
  const std::string one = content();
  std::filesystem::remove(path());
  record(4);
  const std::string other = content();
  const auto begins = boundaries(5);
  put(other.substr(0, begins[4]) + one.substr(begins[4]));
  expect_replay(4, Status::kProducerLost);
  put(one.substr(0, begins[2]) + one.substr(begins[1]));  // the second message twice
  expect_replay(2, Status::kProducerLost);
}

TEST_F(JournalTest, what_is_no_journal) {
  EXPECT_EQ(refusal([&] { static_cast<void>(replay()); }), Status::kNotFound);
  put("");
  EXPECT_EQ(refusal([&] { static_cast<void>(replay()); }), Status::kBadFrame);
  put(std::string(1000, 'x'));
  EXPECT_EQ(refusal([&] { static_cast<void>(replay()); }), Status::kBadFrame);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?append")); }), Status::kBadFrame);
  std::filesystem::remove(path());
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  EXPECT_EQ(refusal([&] { static_cast<void>(replay()); }), Status::kBadFrame);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?append")); }), Status::kBadAddress);
  for (const char* options : {"?pace=0", "?pace=x", "?from=x", "?from=-", "?from=2026-11-21", "?from=-17"}) {
    std::filesystem::remove(path());
    record(1);
    EXPECT_EQ(refusal([&] { static_cast<void>(replay(options)); }), Status::kBadAddress) << options;
  }
}

// Checksums are no secret: whoever writes a journal by hand gets them right.
TEST_F(JournalTest, made_by_hand) {
  const transport::JournalHeader header{{1, 2, 3}, 4};
  const auto text_of = [](const auto& bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  const std::string begin = text_of(transport::journal_header_bytes(header));
  const auto journal_of = [&](transport::Record second) {
    std::string all = begin;
    transport::Record first{.time = ~std::uint64_t{0}, .checksum = transport::payload_checksum({})};
    for (const auto& record : {first, second}) {
      all += text_of(transport::record_header_bytes(record, header.seed(), all.size()));
    }
    return all;
  };
  const std::uint64_t empty = transport::payload_checksum({});
  put(journal_of({.number = 1, .checksum = empty, .end = true}));
  const auto source = replay("?pace=1");
  EXPECT_EQ(source->receive(0ns), Status::kOk);
  EXPECT_EQ(source->receive(0ns), Status::kEnd);
  const auto outcome = [&](const std::string& options) {
    return refusal([&] {
      const auto made = replay(options);
      EXPECT_EQ(made->receive(1s), Status::kOk);
      made->receive(1s);
    });
  };
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{2}, ~std::uint64_t{0}}) {
    put(journal_of({.number = number, .checksum = empty}));
    EXPECT_EQ(outcome(""), Status::kProducerLost) << "out of turn: " << number;
  }
  put(journal_of({.number = 1, .length = transport::kLargestRecord, .checksum = empty}));
  EXPECT_EQ(outcome(""), Status::kTooLarge);
  EXPECT_EQ(outcome("?max=256T"), Status::kProducerLost) << "the file has less than that";
}

// The length that a header tells is no reason to get memory: it may lie beyond the file.
TEST_F(JournalTest, a_message_larger_than_wanted_is_refused) {
  stream_ = Stream(1, 5000, 5000);
  record(2);
  expect_replay(0, Status::kTooLarge, "?max=4999");
  expect_replay(2, Status::kEnd, "?max=5000");
}

TEST_F(JournalTest, an_existing_one_is_neither_replaced_nor_gone_on_with_unasked) {
  record(3);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder()); }), Status::kExists);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?append&overwrite")); }), Status::kBadAddress);
  expect_replay(3, Status::kEnd);
  {
    const auto sink = recorder("?overwrite");
    record(*sink, 0, 1);
    ASSERT_EQ(sink->close(), Status::kOk);
  }
  expect_replay(1, Status::kEnd);
}

TEST_F(JournalTest, one_recorder_at_a_time) {
  const auto sink = recorder();
  record(*sink, 0, 2);
  ASSERT_EQ(sink->flush(), Status::kOk);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?append")); }), Status::kAddressInUse);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?overwrite")); }), Status::kAddressInUse);
  expect_replay(2, Status::kInUse);
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(2, Status::kEnd);
}

TEST_F(JournalTest, a_closed_one_is_gone_on_with) {
  record(4);
  for (std::uint64_t from = 4; from < 40; from += 6) {
    const auto sink = recorder("?append");
    record(*sink, from, from + 6);
    ASSERT_EQ(sink->close(), Status::kOk);
    expect_replay(from + 6, Status::kEnd);
  }
}

TEST_F(JournalTest, a_torn_one_is_gone_on_with) {
  record(5);
  const std::string whole = content();
  const auto begins = boundaries(5);
  for (std::size_t size = kJournalHeaderBytes; size < whole.size(); ++size) {
    put(whole.substr(0, size));
    std::uint64_t messages = 0;
    while (messages < 5 && begins[messages + 1] <= size) ++messages;
    {
      const auto sink = recorder("?append");
      record(*sink, messages, messages + 3);
      ASSERT_EQ(sink->close(), Status::kOk);
    }
    expect_replay(messages + 3, Status::kEnd);
    ASSERT_FALSE(HasFailure()) << "cut to " << size;
  }
}

TEST_F(JournalTest, a_damaged_one_is_not_gone_on_with) {
  record(9);
  std::string damaged = content();
  damaged[boundaries(9)[4] + 3] ^= 1;
  put(damaged);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?append")); }), Status::kCorrupt);
  EXPECT_EQ(content(), damaged) << "nothing is cut";
}

// More than is checked when it is gone on with; and the last message longer than that.
TEST_F(JournalTest, a_long_one_is_gone_on_with) {
  if (kSanitized) GTEST_SKIP() << "too slow";
  const Bytes large(std::size_t{40} << 20, std::byte{1});
  const auto torn = [&](std::size_t bytes) {
    std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - bytes);
  };
  {
    const auto sink = recorder();
    for (int i = 0; i < 4; ++i) ASSERT_EQ(sink->send(large), Status::kOk);
    ASSERT_EQ(sink->send(Bytes(large.size() * 2)), Status::kOk);
  }
  torn(1);
  {
    const auto sink = recorder("?append");
    ASSERT_EQ(sink->send(Bytes(17)), Status::kOk);
    ASSERT_EQ(sink->close(), Status::kOk);
  }
  const auto source = replay();
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(source->receive(10s), Status::kOk);
    ASSERT_EQ(source->message().bytes.size(), large.size());
  }
  ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_EQ(source->message().bytes.size(), 17U);
  EXPECT_EQ(source->receive(10s), Status::kEnd);
}

// kill -9 at any moment: a beginning of what was sent, all of what was flushed, and it can be gone on with.
TEST_F(JournalTest, a_recorder_killed_at_any_moment) {
  stream_ = Stream(3, 0, 600'000);
  std::uint64_t lot = 1;
  std::uint64_t in_all = 0;
  for (int round = 0; round < scaled(60); ++round) {
    std::filesystem::remove(path());
    const Shared<std::atomic<std::uint64_t>> flushed;
    Child child([&] {
      const auto sink = recorder();
      for (std::uint64_t number = 0;; ++number) {
        record(*sink, number, number + 1);
        if (number % 16 == 15) {
          require(sink->flush() == Status::kOk, "flush");
          flushed->store(number + 1);
        }
      }
    });
    wait_until([&] { return flushed->load() > 0; });
    ::usleep(static_cast<useconds_t>(mix(lot) % 5000));
    child.kill();
    const Replayed result = replayed();
    EXPECT_EQ(result.how, Status::kProducerLost) << result.why;
    EXPECT_GE(result.next, flushed->load());
    in_all += result.next;
    {
      const auto sink = recorder("?append");
      record(*sink, result.next, result.next + 2);
      ASSERT_EQ(sink->close(), Status::kOk);
    }
    expect_replay(result.next + 2, Status::kEnd);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  EXPECT_GT(in_all, 0U);
}

// In a child: its files can't grow beyond `bytes`.
void limit_files(std::size_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  require(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
}

// The disk is full at each of many places: the error says how many messages are whole, and so many are replayed.
TEST_F(JournalTest, a_full_disk) {
  stream_ = Stream(4, 0, 400'000);
  for (std::size_t limit = 0; limit < 3'000'000; limit += limit < 400 ? 13 : 301'007) {
    std::filesystem::remove(path());
    const Shared<std::atomic<std::uint64_t>> whole;
    const Shared<std::atomic<std::uint64_t>> flushed;
    Child child([&] {
      limit_files(limit);
      std::unique_ptr<Sink> sink;
      try {
        sink = recorder();
        for (std::uint64_t number = 0;; ++number) {
          record(*sink, number, number + 1);
          if (number % 3 == 0 && sink->flush() == Status::kOk) flushed->store(number + 1);
        }
      } catch (const Error& error) {
        const std::string text = error.what();
        require(error.status() == Status::kNoSpace, text);
        const auto at = text.find(" messages are whole");
        if (!sink) return;
        require(at != std::string::npos, text);
        whole->store(std::stoull(text.substr(text.rfind("; ", at) + 2)));
        require(refusal([&] { sink->send(Bytes(1)); }) == Status::kNoSpace, "it stays so");
        require(refusal([&] { sink->close(); }) == Status::kNoSpace, "it stays so");
      }
    });
    ASSERT_EQ(child.wait(), 0) << "limit " << limit;
    if (limit < kJournalHeaderBytes) {
      EXPECT_FALSE(std::filesystem::exists(path()));
      continue;
    }
    const Replayed result = replayed();
    EXPECT_EQ(result.how, Status::kProducerLost) << result.why;
    EXPECT_EQ(result.next, whole->load());
    EXPECT_GE(result.next, flushed->load());
    EXPECT_NE(result.why.find(" 0 bytes behind"), std::string::npos) << result.why;
    {
      const auto sink = recorder("?append");
      record(*sink, result.next, result.next + 2);
      ASSERT_EQ(sink->close(), Status::kOk);
    }
    expect_replay(result.next + 2, Status::kEnd);
    ASSERT_FALSE(HasFailure()) << "limit " << limit;
  }
}

TEST_F(JournalTest, a_forked_child_does_not_record) {
  const auto sink = recorder();
  record(*sink, 0, 2);
  Child child([&] {
    require(refusal([&] { sink->send(Bytes(5)); }) == Status::kLeaseLost, "send");
    require(refusal([&] { sink->close(); }) == Status::kLeaseLost, "close");
    const_cast<std::unique_ptr<Sink>&>(sink).reset();
  });
  ASSERT_EQ(child.wait(), 0);
  record(*sink, 2, 4);
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(4, Status::kEnd);
}

TEST_F(JournalTest, from_a_number) {
  stream_ = Stream(5, 0, 3000);
  constexpr std::uint64_t kMessages = 500;
  record(kMessages);
  for (std::uint64_t first = 0; first <= kMessages; first += first % 50 == 0 ? 1 : 7) {
    expect_replay(kMessages, Status::kEnd, "?from=" + std::to_string(first), first);
    ASSERT_FALSE(HasFailure()) << first;
  }
  EXPECT_EQ(replayed("?from=501").how, Status::kEnd);
}

// Three groups of messages, with pauses between.
TEST_F(JournalTest, from_a_time) {
  std::vector<std::uint64_t> times;
  {
    const auto sink = recorder();
    for (std::uint64_t group = 0; group < 3; ++group) {
      if (group != 0) std::this_thread::sleep_for(60ms);
      times.push_back(static_cast<std::uint64_t>(
          std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count()));
      record(*sink, group * 5, group * 5 + 5);
    }
    ASSERT_EQ(sink->close(), Status::kOk);
  }
  const auto iso = [](std::uint64_t time) {
    const auto seconds = static_cast<time_t>(time / 1'000'000'000);
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S.", &parts);
    return std::string(text.data(), length) + std::to_string(1'000'000'000 + time % 1'000'000'000).substr(1) + "Z";
  };
  for (std::uint64_t group = 0; group < 3; ++group) {
    expect_replay(15, Status::kEnd, "?from=" + iso(times[group] - 30'000'000), group * 5);
  }
  EXPECT_EQ(replayed("?from=" + iso(times[2] + 3'600'000'000'000)).how, Status::kEnd);
  expect_replay(15, Status::kEnd, "?from=1970-01-01T00:00:00Z");
  expect_replay(15, Status::kEnd, "?from=0s");
  expect_replay(15, Status::kEnd, "?from=30ms", 5);
  expect_replay(15, Status::kEnd, "?from=-1h");
  expect_replay(15, Status::kEnd, "?from=-30ms", 10);
}

// A replay takes at least as long as the recording did. How much longer is the machine's affair.
TEST_F(JournalTest, at_the_recorded_pace) {
  const auto begin = std::chrono::steady_clock::now();
  const auto since = [](auto moment) { return std::chrono::steady_clock::now() - moment; };
  {
    const auto sink = recorder();
    record(*sink, 0, 1);
    for (std::uint64_t number = 1; number < 4; ++number) {
      std::this_thread::sleep_for(50ms);
      record(*sink, number, number + 1);
    }
    ASSERT_EQ(sink->close(), Status::kOk);
  }
  const auto recorded = since(begin);
  ASSERT_GE(recorded, 150ms);
  const auto timed = [&](const std::string& pace) {
    const auto start = std::chrono::steady_clock::now();
    expect_replay(4, Status::kEnd, "?pace=" + pace);
    return since(start);
  };
  EXPECT_GE(timed("recorded"), 150ms);
  EXPECT_GE(timed("0.5"), 300ms);
  EXPECT_GE(timed("3"), 50ms);
  const auto source = replay("?pace=1e-5");
  ASSERT_EQ(source->receive(0ns), Status::kOk) << "the first is due at once";
  EXPECT_EQ(source->receive(0ns), Status::kEmpty);
  EXPECT_EQ(source->receive(1ms), Status::kTimedOut) << "and the next hours later";
}

TEST_F(JournalTest, a_follower_receives_what_is_recorded_and_then_the_end) {
  const auto sink = recorder();
  const auto source = replay("?follow");
  for (std::uint64_t number = 0; number < 20; ++number) {
    EXPECT_EQ(source->receive(0ns), Status::kEmpty);
    record(*sink, number, number + 1);
    ASSERT_EQ(sink->flush(), Status::kOk);
    ASSERT_EQ(source->receive(10s), Status::kOk);
    EXPECT_TRUE(stream_.is(number, 0, source->message().bytes));
  }
  EXPECT_EQ(source->receive(1ms), Status::kTimedOut);
  ASSERT_EQ(sink->close(), Status::kOk);
  EXPECT_EQ(source->receive(10s), Status::kEnd);
}

TEST_F(JournalTest, a_follower_waits_for_the_journal_and_learns_that_its_recorder_died) {
  Child child([&] {
    std::this_thread::sleep_for(20ms);
    const auto sink = recorder();
    record(*sink, 0, 5);
    sink->flush();
    ::raise(SIGKILL);
  });
  expect_replay(5, Status::kProducerLost, "?follow&wait=10s");
  EXPECT_EQ(refusal([&] { static_cast<void>(transport::open_source(address("x?wait=1ms"))); }), Status::kNotFound);
}

// Whatever lies behind what a follower has seen is looked at anew: a torn tail is cut off, and written over.
TEST_F(JournalTest, a_follower_sees_a_torn_one_gone_on_with) {
  stream_ = Stream(1, 100, 100);
  record(5);
  std::filesystem::resize_file(path(), boundaries(5)[3] + 80);
  const auto source = replay("?follow");
  ASSERT_EQ(source->receive(10s), Status::kOk);  // all of it is read ahead
  const auto sink = recorder("?append");
  for (int i = 1; i < 3; ++i) ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_EQ(source->receive(0ns), Status::kEmpty);
  record(*sink, 17, 18);
  ASSERT_EQ(sink->close(), Status::kOk);
  ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_TRUE(stream_.is(17, 0, source->message().bytes));
  EXPECT_EQ(source->receive(10s), Status::kEnd);
}

TEST_F(JournalTest, a_follower_of_one_that_is_overwritten) {
  record(5);
  std::filesystem::resize_file(path(), boundaries(5)[5]);  // without its end
  const auto source = replay("?follow");
  ASSERT_EQ(source->receive(10s), Status::kOk);
  const auto sink = recorder("?overwrite");
  EXPECT_EQ(refusal([&] {
              while (source->receive(10s) == Status::kOk) {
              }
            }),
            Status::kRemoved);
}

TEST_F(JournalTest, an_event_loop_is_woken) {
  const auto sink = recorder();
  const auto source = replay("?follow");
  for (std::uint64_t number = 0; number < 5; ++number) {
    EXPECT_EQ(source->receive(0ns), Status::kEmpty);
    record(*sink, number, number + 1);
    ASSERT_EQ(sink->flush(), Status::kOk);
    Status status = Status::kEmpty;
    while (status == Status::kEmpty) {
      ASSERT_TRUE(source->arm());
      pollfd waited{source->descriptor(), POLLIN, 0};
      ASSERT_EQ(::poll(&waited, 1, 10'000), 1);
      status = source->receive(0ns);
    }
    ASSERT_EQ(status, Status::kOk);
  }
}

// What counts as taken is in the file, without a flush.
TEST_F(JournalTest, synced_always) {
  const auto sink = recorder("?sync=always");
  for (std::uint64_t number = 0; number < 10; ++number) {
    record(*sink, number, number + 1);
    EXPECT_EQ(std::filesystem::file_size(path()), boundaries(10)[number + 1]);
  }
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(10, Status::kEnd);
}

TEST_F(JournalTest, synced_now_and_then) {
  const auto sink = recorder("?sync=1ms");
  std::uint64_t number = 0;
  while (std::filesystem::file_size(path()) == kJournalHeaderBytes) {
    record(*sink, number, number + 1);
    ++number;
    ::usleep(500);
  }
  EXPECT_LT(number, 500U) << "else it was written because there was so much";
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(number, Status::kEnd);
}

// In a child: there is no io_uring.
void forbid_io_uring() {
  std::array<sock_filter, 4> program{sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                     sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
                                     sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                                     sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{program.size(), program.data()};
  require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new privileges");
  require(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "seccomp");
  require(::syscall(SYS_io_uring_setup, 1, nullptr) == -1 && errno == EPERM, "io_uring is there");
}

TEST_F(JournalTest, where_io_uring_is_blocked) {
  stream_ = Stream(6, 0, 700'000);
  Child child([&] {
    forbid_io_uring();
    const auto sink = recorder("?sync=1ms");
    record(*sink, 0, 300);
    require(sink->flush() == Status::kOk, "flush");
    record(*sink, 300, 320);
    require(sink->close() == Status::kOk, "close");
  });
  ASSERT_EQ(child.wait(), 0);
  expect_replay(320, Status::kEnd);
}

}  // namespace
}  // namespace ringmain::testing
