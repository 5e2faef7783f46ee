// Journals: what was recorded whole is replayed, and nothing else ever is.
// SPDX-License-Identifier: MIT
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "transport/journal.hpp"

namespace ringmain::testing {
namespace {

class JournalDamageTest : public JournalTest {};

TEST_F(JournalDamageTest, cut_at_every_byte) {
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

TEST_F(JournalDamageTest, what_was_torn_is_told) {
  record(3);
  const auto begins = boundaries(3);
  std::filesystem::resize_file(path(), begins[2] + 5);
  const Replayed result = replayed();
  EXPECT_NE(result.why.find("2 messages are whole, 5 bytes behind them are torn"), std::string::npos) << result.why;
}

// What the file system left as zeros, of a machine that lost its power.
TEST_F(JournalDamageTest, a_tail_of_zeros_is_torn) {
  record(5);
  const auto begins = boundaries(5);
  std::string zeroed = content();
  std::fill(zeroed.begin() + static_cast<std::ptrdiff_t>(begins[3]), zeroed.end(), '\0');
  put(zeroed + std::string(100'000, '\0'));
  expect_replay(3, Status::kProducerLost);
}

// Nothing that was not recorded is ever replayed, wherever a bit is wrong; and it is told what is wrong.
TEST_F(JournalDamageTest, a_wrong_bit_anywhere) {
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

TEST_F(JournalDamageTest, behind_what_is_damaged_it_goes_on_where_it_is_told) {
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
TEST_F(JournalDamageTest, records_of_elsewhere_are_none) {
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

TEST_F(JournalDamageTest, what_is_no_journal) {
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
TEST_F(JournalDamageTest, made_by_hand) {
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
TEST_F(JournalDamageTest, a_message_larger_than_wanted_is_refused) {
  stream_ = Stream(1, 5000, 5000);
  record(2);
  expect_replay(0, Status::kTooLarge, "?max=4999");
  expect_replay(2, Status::kEnd, "?max=5000");
}

}  // namespace
}  // namespace ringmain::testing
