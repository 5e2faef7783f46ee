// Streams of bytes: pieces of every size, ends in every place, lengths that lie.
// SPDX-License-Identifier: MIT
#include "framing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "ringmain/transport/address.hpp"
#include "ringmain/transport/relay.hpp"
#include "support/child.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using transport::Source;

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

std::string frame(const std::string& payload) {
  std::string frame(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) frame[i] = static_cast<char>(payload.size() >> (8 * i) & 0xff);
  return frame + payload;
}

// A source on a pipe that the test writes to.
class StreamTest : public ::testing::Test {
 protected:
  StreamTest() { std::tie(read_, write_) = make_pipe(); }

  std::unique_ptr<Source> open(const std::string& options) const {
    return transport::open_source("fd:" + std::to_string(read_.get()) + "?" + options);
  }
  void write(const std::string& text) const {
    ASSERT_EQ(::write(write_.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end() { write_.close(); }

  static std::string receive(Source& source) {
    const Status status = source.receive(10s);
    EXPECT_EQ(status, Status::kOk) << describe(status);
    return status == Status::kOk ? text_of(source.message().bytes) : std::string(describe(status));
  }

  OwnedDescriptor read_{};
  OwnedDescriptor write_{};
  Watchdog watchdog_{50};
};

TEST_F(StreamTest, frames_that_come_byte_by_byte) {
  const std::string all = frame("first") + frame("") + frame(std::string(300, 'x'));
  const auto source = open("frames");
  std::vector<std::string> found;
  for (const char byte : all) {
    write(std::string(1, byte));
    for (Status status = Status::kOk; (status = source->receive(0ns)) != Status::kEmpty;) {
      ASSERT_EQ(status, Status::kOk);
      found.push_back(text_of(source->message().bytes));
    }
  }
  EXPECT_EQ(found, (std::vector<std::string>{"first", "", std::string(300, 'x')}));
}

TEST_F(StreamTest, many_frames_that_come_at_once) {
  std::string all;
  for (int i = 0; i < 5000; ++i) all += frame(std::to_string(i));
  const auto source = open("frames");
  std::jthread writer([&] { write(all); });
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(receive(*source), std::to_string(i));
}

TEST_F(StreamTest, an_end_within_a_frame_is_told_and_what_is_whole_is_received) {
  const std::string last = frame("truncated");
  for (std::size_t kept = 1; kept < last.size(); ++kept) {
    std::tie(read_, write_) = make_pipe();
    const auto source = open("frames");
    write(frame("whole") + last.substr(0, kept));
    end();
    EXPECT_EQ(receive(*source), "whole");
    try {
      static_cast<void>(source->receive(10s));
      ADD_FAILURE() << "after " << kept;
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), Status::kBadFrame);
      EXPECT_NE(std::string(error.what()).find("after " + std::to_string(kept) + " of"), std::string::npos)
          << error.what();
    }
  }
}

TEST_F(StreamTest, a_length_that_lies_is_refused_before_memory_is_spent) {
  const auto source = open("frames&max=1M");
  write(std::string("\xff\xff\xff\x7f", 4) + "x");
  try {
    static_cast<void>(source->receive(10s));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kTooLarge);
  }
}

TEST_F(StreamTest, the_largest_is_the_largest_however_it_comes) {
  for (const bool at_once : {true, false}) {
    std::tie(read_, write_) = make_pipe();
    const auto source = open("lines&max=100");
    const std::string line(150, 'x');
    write(at_once ? line + "\n" : line);
    try {
      static_cast<void>(source->receive(10ms));
      write("\n");
      static_cast<void>(source->receive(10s));
      ADD_FAILURE() << at_once;
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), Status::kTooLarge);
    }
  }
}

TEST_F(StreamTest, lines_and_a_last_one_without_a_newline) {
  const auto source = open("lines");
  write("one\n\nthree");
  EXPECT_EQ(receive(*source), "one");
  EXPECT_EQ(receive(*source), "");
  EXPECT_EQ(source->receive(10ms), Status::kTimedOut);
  write(" and a half\nlast");
  EXPECT_EQ(receive(*source), "three and a half");
  EXPECT_EQ(source->receive(10ms), Status::kTimedOut) << "it may go on";
  end();
  EXPECT_EQ(receive(*source), "last");
  EXPECT_EQ(source->receive(10s), Status::kEnd);
}

TEST_F(StreamTest, a_line_longer_than_any_buffer) {
  const auto source = open("lines");
  const std::string line(1'000'000, 'y');
  std::jthread writer([&] { write(line + "\n"); });
  EXPECT_EQ(receive(*source), line);
}

TEST_F(StreamTest, raw_bytes_come_as_they_are_written) {
  const auto source = open("chunk=4K");
  write("abc");
  EXPECT_EQ(receive(*source), "abc");
  write(std::string(10'000, 'z'));
  EXPECT_EQ(receive(*source).size(), 4096U);
  EXPECT_EQ(receive(*source).size(), 4096U);
  EXPECT_EQ(receive(*source).size(), 10'000U - 8192);
}

TEST_F(StreamTest, a_descriptor_that_is_closed_or_open_the_wrong_way) {
  const auto says = [](const std::string& address, bool source) {
    try {
      source ? static_cast<void>(transport::open_source(address)) : static_cast<void>(transport::open_sink(address));
      ADD_FAILURE() << address;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("closed, or open the wrong way"), std::string::npos) << error.what();
    }
  };
  says("fd:999", true);
  says("fd:999", false);
  says("fd:" + std::to_string(write_.get()), true);
  says("fd:" + std::to_string(read_.get()), false);
}

// A large frame goes straight into the sink: in pieces, with pauses, and with an end in the middle.
TEST_F(StreamTest, a_large_message_is_read_to_where_the_sink_wants_it) {
  const TemporaryDirectory directory;
  const std::string ring = "ring:r?dir=" + directory.path().string();
  const auto sink = transport::open_sink(ring + "&capacity=4M");
  const auto consumer = transport::open_source(ring);
  const auto source = open("frames");
  std::string large(300'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 % 251);
  const std::string all = frame("before") + frame(large) + frame("behind");
  std::jthread writer([&] {
    for (std::size_t at = 0; at < all.size(); at += 20'000) {
      write(all.substr(at, 20'000));
      std::this_thread::sleep_for(1ms);
    }
  });
  int timeouts = 0;
  for (int messages = 0; messages < 3;) {
    const Status status = source->receive_into(*sink, 0ns);
    if (status == Status::kOk) {
      ++messages;
    } else {
      ++timeouts;
    }
  }
  EXPECT_GT(timeouts, 3) << "it never had to wait within a message";
  EXPECT_EQ(receive(*consumer), "before");
  EXPECT_EQ(receive(*consumer), large);
  EXPECT_EQ(receive(*consumer), "behind");

  writer.join();
  write(frame(large).substr(0, 50'000));
  end();
  try {
    while (source->receive_into(*sink, 10s) != Status::kOk) {
    }
    ADD_FAILURE() << "half a message was published";
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kBadFrame) << error.what();
  }
  EXPECT_EQ(sink->close(), Status::kOk);
  EXPECT_EQ(consumer->receive(10s), Status::kEnd);
}

TEST_F(StreamTest, a_sink_without_a_reader_says_so) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto sink = transport::open_sink("fd:" + std::to_string(write_.get()) + "?lines");
  read_.close();
  try {
    static_cast<void>(sink->send(bytes_of("x")));
    static_cast<void>(sink->flush());
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kConsumerLost);
  }
}

TEST_F(StreamTest, a_full_disk_says_so) {
  const OwnedDescriptor full = open_file("/dev/full", O_WRONLY);
  const auto sink = transport::open_sink("fd:" + std::to_string(full.get()));
  try {
    static_cast<void>(sink->send(bytes_of("x")));
    static_cast<void>(sink->flush());
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::kNoSpace);
  }
}

// What a sink takes while the pipe is full stays in order, and is written once, though in parts.
TEST_F(StreamTest, partial_writes_lose_and_double_nothing) {
  const auto sink = transport::open_sink("fd:" + std::to_string(::dup(write_.get())) + "?frames");
  end();
  std::uint32_t sent = 0;
  for (int attempt = 0; attempt < 2000; ++attempt) {
    const std::string payload(attempt % 3 == 0 ? 100'000 : 1000, static_cast<char>('a' + sent % 26));
    if (sink->send(bytes_of(payload), 0, 0ns) != Status::kOk) break;
    ++sent;
  }
  ASSERT_GT(sent, 1U);
  const auto source = open("frames");
  std::jthread closer([&] { EXPECT_EQ(sink->close(), Status::kOk); });
  for (std::uint32_t number = 0; number < sent; ++number) {
    ASSERT_EQ(source->receive(10s), Status::kOk);
    ASSERT_EQ(std::to_integer<char>(source->message().bytes.front()), static_cast<char>('a' + number % 26));
    ASSERT_EQ(std::to_integer<char>(source->message().bytes.back()), static_cast<char>('a' + number % 26));
  }
  EXPECT_EQ(source->receive(10s), Status::kEnd);
}

// A relay that is stopped passes on what its source had already read.
TEST_F(StreamTest, a_stopped_relay_empties_its_hands) {
  const TemporaryDirectory directory;
  const std::string ring = "ring:r?dir=" + directory.path().string();
  const auto sink = transport::open_sink(ring);
  const auto consumer = transport::open_source(ring);
  const auto source = open("lines");
  write("1\n2\n3\nincompl");
  ASSERT_EQ(receive(*source), "1");  // and the rest is read with it
  EXPECT_TRUE(source->at_hand());
  const std::atomic<bool> stop{true};
  transport::RelayOptions options;
  options.stop = &stop;
  transport::RelayCounters counters;
  EXPECT_EQ(transport::relay(*source, *sink, counters, options), Status::kTimedOut);
  EXPECT_EQ(counters.messages, 2U);
  EXPECT_FALSE(source->at_hand());
  EXPECT_EQ(source->incomplete(), 7U);
  EXPECT_EQ(receive(*consumer), "2");
  EXPECT_EQ(receive(*consumer), "3");
  EXPECT_EQ(consumer->receive(10s), Status::kEnd);
}

TEST(FramingTest, every_envelope_is_found_again) {
  using transport::Framing;
  for (const Framing framing : {Framing::kFrames, Framing::kWire}) {
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{70'000}}) {
      const transport::Envelope around = transport::envelope(framing, bytes, 0xabcd);
      const auto found = transport::find_frame(framing, around.prefix(), 0, false);
      ASSERT_TRUE(found);
      EXPECT_EQ(found->bytes, bytes);
      EXPECT_EQ(found->begin, around.before_bytes);
      EXPECT_EQ(found->total, around.before_bytes + bytes);
      EXPECT_EQ(found->type, framing == Framing::kWire ? 0xabcd : 0);
      EXPECT_FALSE(found->control);
    }
  }
}

}  // namespace
}  // namespace ringmain::testing
