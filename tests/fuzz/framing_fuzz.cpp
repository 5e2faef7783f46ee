// Streams of bytes in any framing and in any pieces: the messages found are those that a simple reading of the whole finds,
// however they come, and wherever they go.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "frame_reader.hpp"
#include "framing.hpp"
#include "pieces.hpp"
#include "program.hpp"
#include "ringmain/transport/sink.hpp"

namespace ringmain::testing {
namespace {

using transport::FrameReader;
using transport::Framing;
using What = FrameReader::What;

struct Found {
  std::vector<Bytes> messages{};
  Status ending = Status::kEnd;  // kBadFrame: cut off; kTooLarge
  bool operator==(const Found&) const = default;
};

// What the stream holds, told as simply as can be. Control frames count as messages here.
class SimpleReading {
 public:
  SimpleReading(Framing framing, std::size_t largest) : framing_(framing), largest_(largest) {}

  Found of(std::span<const std::byte> bytes) const {
    Found found;
    while (!bytes.empty() && found.ending == Status::kEnd)
      framing_ == Framing::kLines ? line(bytes, found) : frame(bytes, found);
    return found;
  }

 private:
  void line(std::span<const std::byte>& bytes, Found& found) const {
    const auto newline = std::find(bytes.begin(), bytes.end(), std::byte{'\n'});
    const auto length = static_cast<std::size_t>(newline - bytes.begin());
    if (length > largest_) {
      found.ending = Status::kTooLarge;
      return;
    }
    found.messages.emplace_back(bytes.begin(), newline);
    bytes = bytes.subspan(std::min(bytes.size(), length + 1));
  }

  void frame(std::span<const std::byte>& bytes, Found& found) const {
    const std::size_t prefix = framing_ == Framing::kWire ? 8 : 4;
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(prefix, 6) && i < bytes.size(); ++i) {
      length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    }
    const bool control = framing_ == Framing::kWire && length == (std::uint64_t{1} << 48) - 1;
    if (control) length = 24;
    if (bytes.size() >= prefix && !control && length > largest_) {
      found.ending = Status::kTooLarge;
    } else if (bytes.size() < prefix + length) {
      found.ending = Status::kBadFrame;
    } else {
      const auto payload = bytes.subspan(prefix, length);
      found.messages.emplace_back(payload.begin(), payload.end());
      bytes = bytes.subspan(prefix + length);
    }
  }

  Framing framing_;
  std::size_t largest_;
};

// Takes messages as some sinks do: in place, with no room now and then. Each claim is as large as it was asked for, so that
// the sanitizer sees who writes beyond it.
class Basket final : public transport::Sink {
 public:
  Basket(std::vector<Bytes>& messages, std::size_t largest, bool in_place, Pieces::Sizes room)
      : messages_(messages), largest_(largest), in_place_(in_place), room_(room) {}

  std::byte* claim(std::size_t bytes, std::chrono::nanoseconds /*timeout*/) override {
    require(!claimed_, "two claims");
    require(bytes <= largest_, "a claim above the largest message");
    if (full()) return nullptr;
    claimed_ = std::make_unique<Bytes>(bytes);
    claimed_->shrink_to_fit();
    return claimed_->empty() ? &nothing_ : claimed_->data();
  }
  void commit(std::size_t used, std::uint16_t /*type*/) override {
    require(claimed_ && used <= claimed_->size(), "a commit of more than was claimed");
    claimed_->resize(used);
    messages_.push_back(std::move(*claimed_));
    claimed_.reset();
  }
  void abort() noexcept override { claimed_.reset(); }
  Status send(std::span<const std::byte> bytes, std::uint16_t /*type*/, std::chrono::nanoseconds /*timeout*/) override {
    require(bytes.size() <= largest_, "a message above the largest");
    if (full()) return Status::kNoRoom;
    messages_.emplace_back(bytes.begin(), bytes.end());
    return Status::kOk;
  }
  Status close(std::chrono::nanoseconds /*timeout*/) override { return Status::kOk; }
  std::size_t max_message() const noexcept override { return largest_; }
  bool in_place() const noexcept override { return in_place_; }

 private:
  bool full() { return room_[calls_++ % room_.size()] == Pieces::kPause; }

  std::vector<Bytes>& messages_;
  std::size_t largest_;
  bool in_place_;
  Pieces::Sizes room_;
  std::size_t calls_ = 0;
  std::unique_ptr<Bytes> claimed_{};
  std::byte nothing_{};
};

// Bytes as they come, and frames that are whole, some of them large.
Bytes draw_stream(Program& program, Framing framing) {
  constexpr std::size_t kEnough = std::size_t{16} << 10;
  Bytes bytes;
  while (!program.done() && bytes.size() < kEnough) {
    const std::size_t draw = program.below(8);
    if (draw < 3) {
      append(bytes, program.take(1 + program.below(32)));
      continue;
    }
    const std::size_t length = draw == 3 ? program.below(50'000) : program.below(256);
    const bool control = framing == Framing::kWire && draw == 4;
    const auto around =
        transport::envelope(framing, control ? transport::kControlLength : length, program.number<std::uint16_t>());
    append(bytes, around.prefix());
    append(bytes, telling_payload(control ? transport::kControlBytes : length));
    append(bytes, around.suffix());
  }
  return bytes;
}

std::size_t total(const std::vector<Bytes>& messages) {
  std::size_t bytes = 0;
  for (const Bytes& message : messages) bytes += message.size();
  return bytes;
}

Found read_all(Program& program, Framing framing, std::size_t largest, const Bytes& bytes) {
  Found found;
  const bool into_sink = program.one_in(2);
  Pieces stream(bytes, Pieces::draw(program));
  FrameReader reader(framing, "stream", largest);
  Basket basket(found.messages, largest, program.one_in(2), Pieces::draw(program));
  for (;;) {
    require(reader.incomplete() <= bytes.size(), "more is incomplete than came");
    static_cast<void>(reader.at_hand());
    try {
      const What what = into_sink ? reader.next_into(stream, basket, std::chrono::nanoseconds{0})
                                  : reader.next(stream, std::chrono::nanoseconds{0});
      if (what == What::kControl || (what == What::kMessage && !into_sink)) {
        found.messages.emplace_back(reader.bytes().begin(), reader.bytes().end());
      } else if (what == What::kEnd || what == What::kCutOff) {
        if (what == What::kCutOff) found.ending = Status::kBadFrame;
        if (what == What::kCutOff) require(!reader.cut_off().empty(), "why");
        reader.reset(&basket);
        return found;
      }
    } catch (const Error& error) {
      found.ending = error.status();
      return found;
    }
  }
}

void try_one(Program program) {
  constexpr std::array kFramings{Framing::kRaw, Framing::kLines, Framing::kFrames, Framing::kWire};
  constexpr std::array<std::size_t, 5> kLargest{1, 30, 200, 50'000, std::size_t{1} << 20};
  const Framing framing = program.one_of(kFramings);
  const std::size_t largest = framing == Framing::kRaw ? 1 + program.below(5000) : program.one_of(kLargest);
  Program ways = program;  // what decides on the ways comes first
  program.take(2 + 2 * sizeof(Pieces::Sizes));
  const Bytes bytes = draw_stream(program, framing);
  const Found found = read_all(ways, framing, largest, bytes);
  if (framing == Framing::kRaw) {
    require(found.ending == Status::kEnd && total(found.messages) == bytes.size(), "raw bytes are lost");
    return;
  }
  const Found wanted = SimpleReading(framing, largest).of(bytes);
  require(found.messages == wanted.messages, "other messages than a simple reading finds");
  require(found.ending == wanted.ending, "another end than a simple reading finds");
}

}  // namespace
}  // namespace ringmain::testing

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ringmain::testing::expect_no_hang();
  ringmain::testing::try_one({data, size});
  return 0;
}
