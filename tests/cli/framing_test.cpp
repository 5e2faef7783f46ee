// What goes in comes out, in every framing.
// SPDX-License-Identifier: MIT
#include <cstdint>
#include <string>

#include "cli/tool.hpp"
#include "support/mix.hpp"

namespace ringmain::testing {

namespace {

constexpr std::size_t kMessageMax = max_message_bytes(std::size_t{64} << 10);  // of the smallest ring

std::string random_bytes(std::size_t count, std::uint64_t seed = 1) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(mix(seed));
  return bytes;
}

std::string frame(const std::string& payload) {
  std::string framed;
  for (unsigned shift = 0; shift < 32; shift += 8) framed += static_cast<char>(payload.size() >> shift & 0xff);
  return framed + payload;
}

std::string numbers(int count) {
  std::string lines;
  for (int i = 1; i <= count; ++i) lines.append(std::to_string(i)).append("\n");
  return lines;
}

}  // namespace

class Framing : public Tool {};

TEST_F(Framing, RawBytesComeOutAsTheyWentIn) {
  const std::string bytes = random_bytes(20'000'001);
  EXPECT_TRUE(same(round_trip({}, {}, bytes).output, bytes));
}

TEST_F(Framing, RawBytesPassThroughTheSmallestRing) {
  const std::string bytes = random_bytes(3'000'000);
  EXPECT_TRUE(same(round_trip({"--capacity", "64K"}, {}, bytes).output, bytes));
}

TEST_F(Framing, RawMessagesAreChunks) {
  const Result received = round_trip({"--chunk", "1000"}, {"--frames"}, std::string(2500, 'x'));
  EXPECT_EQ(received.output,
            frame(std::string(1000, 'x')) + frame(std::string(1000, 'x')) + frame(std::string(500, 'x')));
}

TEST_F(Framing, AChunkThatNeverFitsNamesTheCapacityItNeeds) {
  const Result published = run({"pub", "ring", "--capacity", "64K", "--chunk", "1M"}, "x");
  EXPECT_EQ(published.status, 20);
  EXPECT_NE(published.errors.find("--capacity 4M"), std::string::npos) << published.errors;
}

TEST_F(Framing, LinesComeOutAsTheyWentIn) {
  const std::string lines = numbers(300'000);
  EXPECT_TRUE(same(round_trip({"--lines"}, {"--lines"}, lines).output, lines));
}

TEST_F(Framing, LinesPassThroughTheSmallestRing) {
  const std::string lines = numbers(100'000);
  EXPECT_TRUE(same(round_trip({"--lines", "--capacity", "64K"}, {"--lines"}, lines).output, lines));
}

TEST_F(Framing, LinesAreMessagesWithoutTheirNewlines) {
  EXPECT_EQ(round_trip({"--lines"}, {"--frames"}, "one\n\nthree\n").output, frame("one") + frame("") + frame("three"));
}

TEST_F(Framing, LinesMayHoldAnyByte) {
  std::string bytes = random_bytes(1'000'000, 7);
  bytes.back() = '\n';
  EXPECT_TRUE(same(round_trip({"--lines"}, {"--lines"}, bytes).output, bytes));
}

TEST_F(Framing, ALastLineNeedsNoNewline) {
  EXPECT_EQ(round_trip({"--lines"}, {"--lines"}, "one\ntwo").output, "one\ntwo\n");
}

TEST_F(Framing, EmptyLinesAreMessages) {
  EXPECT_EQ(round_trip({"--lines"}, {"--lines"}, "\n\n\n").output, "\n\n\n");
  EXPECT_EQ(look().messages, 3U);
}

TEST_F(Framing, LinesLongerThanTheBuffersPass) {
  const std::string lines = std::string(3'000'000, 'a') + "\n" + std::string(5, 'b') + "\n" +
                            std::string(4'000'000, 'c') + "\n" + std::string(40'000, 'd') + "\n";
  EXPECT_TRUE(same(round_trip({"--lines"}, {"--lines"}, lines).output, lines));
}

TEST_F(Framing, TheLongestLinePasses) {
  const std::string line = std::string(kMessageMax, 'x') + "\n";
  EXPECT_TRUE(same(round_trip({"--lines", "--capacity", "64K"}, {"--lines"}, line).output, line));
}

TEST_F(Framing, ALineTooLongNamesTheCapacityItNeeds) {
  for (const char* end : {"\n", ""}) {
    const std::string input = "ok\n" + std::string(kMessageMax + 1, 'x') + end;
    const Result published = run({"pub", "ring", "--lines", "--capacity", "64K"}, input);
    EXPECT_EQ(published.status, 20);
    EXPECT_NE(published.errors.find("line 2 is too long"), std::string::npos) << published.errors;
    EXPECT_NE(published.errors.find("--capacity 128K"), std::string::npos) << published.errors;
    EXPECT_EQ(look().messages, 1U);
    EXPECT_EQ(run({"rm", "ring"}).status, 0);
  }
}

TEST_F(Framing, FramesComeOutAsTheyWentIn) {
  std::string frames = frame("");
  std::uint64_t seed = 3;
  for (int i = 0; i < 2000; ++i) frames += frame(random_bytes(mix(seed) % 3000, seed));
  for (const unsigned size : {65'536U, 65'535U, 32'768U, 4'000'000U, 1U}) frames += frame(random_bytes(size, size));
  EXPECT_TRUE(same(round_trip({"--frames"}, {"--frames"}, frames).output, frames));
}

TEST_F(Framing, AFrameTooLargeNamesTheCapacityItNeeds) {
  const Result published =
      run({"pub", "ring", "--frames", "--capacity", "64K"}, frame("ok") + frame(std::string(kMessageMax + 1, 'x')));
  EXPECT_EQ(published.status, 20);
  EXPECT_NE(published.errors.find("--capacity 128K"), std::string::npos) << published.errors;
  EXPECT_EQ(look().messages, 1U);
}

TEST_F(Framing, ATruncatedFrameIsAnErrorAfterWhatIsComplete) {
  const std::string whole = frame("one") + frame("two");
  for (const unsigned kept : {1U, 3U, 4U, 6U}) {
    const Result published = run({"pub", "ring", "--frames"}, whole + frame("three").substr(0, kept));
    EXPECT_EQ(published.status, 1);
    EXPECT_NE(published.errors.find("truncated"), std::string::npos) << published.errors;
    const Result received = run({"sub", "ring", "--frames", "--from", "oldest"});
    EXPECT_TRUE(same(received.output, whole));
    EXPECT_EQ(received.status, 10) << "consumers must learn that the stream is incomplete";
    EXPECT_EQ(run({"rm", "ring"}).status, 0);
  }
}

TEST_F(Framing, AnEmptyInputIsAnEmptyStream) {
  for (const char* framing : {"--raw", "--lines", "--frames"}) {
    const Result received = round_trip({framing, "--rm"}, {framing}, "");
    EXPECT_EQ(received.status, 0) << received.errors;
    EXPECT_EQ(received.output, "");
    EXPECT_EQ(received.errors, "");
  }
  EXPECT_TRUE(directory_is_empty());
}

}  // namespace ringmain::testing
