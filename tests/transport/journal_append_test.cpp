// Going on with a journal that exists.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <filesystem>

#include "support/scale.hpp"
#include "transport/journal.hpp"

namespace ringmain::testing {
namespace {

class JournalAppendTest : public JournalTest {};

TEST_F(JournalAppendTest, an_existing_one_is_neither_replaced_nor_gone_on_with_unasked) {
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

TEST_F(JournalAppendTest, one_recorder_at_a_time) {
  const auto sink = recorder();
  record(*sink, 0, 2);
  ASSERT_EQ(sink->flush(), Status::kOk);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?append")); }), Status::kAddressInUse);
  EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?overwrite")); }), Status::kAddressInUse);
  expect_replay(2, Status::kInUse);
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(2, Status::kEnd);
}

TEST_F(JournalAppendTest, a_closed_one_is_gone_on_with) {
  record(4);
  for (std::uint64_t from = 4; from < 40; from += 6) {
    const auto sink = recorder("?append");
    record(*sink, from, from + 6);
    ASSERT_EQ(sink->close(), Status::kOk);
    expect_replay(from + 6, Status::kEnd);
  }
}

TEST_F(JournalAppendTest, a_torn_one_is_gone_on_with) {
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

TEST_F(JournalAppendTest, a_damaged_one_is_not_gone_on_with) {
  record(9);
  const std::string whole = content();
  for (std::size_t message = 0; message < 9; ++message) {
    std::string damaged = whole;
    damaged[boundaries(9)[message] + 3] ^= 1;
    put(damaged);
    EXPECT_EQ(refusal([&] { static_cast<void>(recorder("?append")); }), Status::kCorrupt) << message;
    EXPECT_EQ(content(), damaged) << "nothing is cut";
  }
}

// More than is checked when it is gone on with; and the last message longer than that.
TEST_F(JournalAppendTest, a_long_one_is_gone_on_with) {
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

}  // namespace
}  // namespace ringmain::testing
