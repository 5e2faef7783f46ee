// "-", standard input and output; and fd:N, any descriptor that this process was given.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "descriptor_stream.hpp"
#include "fail.hpp"
#include "frame_reader.hpp"
#include "frame_writer.hpp"
#include "ringmain/transport/address.hpp"
#include "ringmain/transport/quantity.hpp"

namespace ringmain::transport {
namespace {

constexpr std::size_t kDefaultChunk = std::size_t{64} << 10;
constexpr std::size_t kDefaultLargest = std::size_t{1} << 30;
constexpr auto kFile = DescriptorStream::Kind::kFile;

class StreamSource final : public Source {
 public:
  StreamSource(Descriptor fd, std::string name, Framing framing, std::size_t largest)
      : stream_(std::move(fd), kFile, name), reader_(framing, name, largest), name_(std::move(name)) {}

  Status receive(std::chrono::nanoseconds timeout) override { return told(reader_.next(stream_, timeout), timeout); }
  Status receive_into(Sink& sink, std::chrono::nanoseconds timeout) override {
    return told(reader_.next_into(stream_, sink, timeout), timeout);
  }
  bool at_hand() const noexcept override { return reader_.at_hand(); }
  std::size_t incomplete() const noexcept override { return reader_.incomplete(); }
  int descriptor() override { return stream_.descriptor(); }

 private:
  Status told(FrameReader::What what, std::chrono::nanoseconds timeout) {
    switch (what) {
      case FrameReader::What::kMessage: message_ = {.bytes = reader_.bytes()}; return Status::kOk;
      case FrameReader::What::kNoRoom: return Status::kNoRoom;
      case FrameReader::What::kEnd: message_ = {}; return Status::kEnd;
      case FrameReader::What::kCutOff: fail(Status::kBadFrame, fmt::format("{}: {}", name_, reader_.cut_off()));
      default: return timeout.count() == 0 ? Status::kEmpty : Status::kTimedOut;
    }
  }

  DescriptorStream stream_;
  FrameReader reader_;
  std::string name_;
};

class StreamSink final : public Sink {
 public:
  StreamSink(int fd, std::string name, Framing framing)
      : stream_(fd, kFile, name), writer_(framing, name), name_(std::move(name)), fd_(fd) {}

  std::byte* claim(std::size_t bytes, std::chrono::nanoseconds timeout) override {
    return writer_.claim(stream_, bytes, timeout);
  }
  void commit(std::size_t used, std::uint16_t type) override { writer_.commit(used, type); }
  void abort() noexcept override { writer_.abort(); }
  Status send(std::span<const std::byte> bytes, std::uint16_t type, std::chrono::nanoseconds timeout) override {
    return writer_.send(stream_, bytes, type, timeout);
  }
  Status flush(std::chrono::nanoseconds timeout) override { return writer_.flush(stream_, timeout); }

  // The descriptor is closed, since that is how the other end of a pipe learns of the end. (Standard output, too: some
  // file systems tell only then that they couldn't keep what was written.)
  Status close(std::chrono::nanoseconds timeout) override {
    if (closed_) return Status::kOk;
    const Status status = flush(timeout);
    if (status != Status::kOk) return status;
    closed_ = true;
    if (::close(fd_) != 0 && errno != EINTR) fail_write(name_, errno);
    return Status::kOk;
  }

  std::size_t max_message() const noexcept override { return writer_.max_message(); }

 private:
  DescriptorStream stream_;
  FrameWriter writer_;
  std::string name_;
  int fd_;
  bool closed_ = false;
};

Framing framing_of(const Address& address) {
  const bool lines = address.flag("lines");
  const bool frames = address.flag("frames");
  if (int{lines} + int{frames} + int{address.flag("raw")} > 1) address.refuse("it can have one framing only");
  if (lines) return Framing::kLines;
  return frames ? Framing::kFrames : Framing::kRaw;
}

int number_of(const Address& address) {
  const auto number = parse_number(address.target());
  if (!number || *number > 1'000'000) address.refuse("that is no number of a descriptor; write it like fd:3");
  return static_cast<int>(*number);
}

std::unique_ptr<Source> source_at(int fd, const std::string& name, const Address& address) {
  const Framing framing = framing_of(address);
  const bool raw = framing == Framing::kRaw;
  Descriptor own(::fcntl(fd, F_DUPFD_CLOEXEC, 3));  // whatever becomes of that number meanwhile
  if (std::byte nothing{}; !own || (::read(own.get(), &nothing, 0) < 0 && errno != EAGAIN && errno != EINTR)) {
    fail_read(name, errno);
  }
  const std::size_t largest = address.size(raw ? "chunk" : "max", raw ? kDefaultChunk : kDefaultLargest);
  return std::make_unique<StreamSource>(std::move(own), name, framing, largest);
}

std::unique_ptr<Sink> sink_at(int fd, const std::string& name, const Address& address) {
  const int mode = ::fcntl(fd, F_GETFL);
  if (mode < 0 || (mode & O_ACCMODE) == O_RDONLY) fail_write(name, EBADF);
  return std::make_unique<StreamSink>(fd, name, framing_of(address));
}

std::unique_ptr<Source> open_standard_source(const Address& address) {
  if (!address.target().empty()) address.refuse("standard input has no name");
  return source_at(STDIN_FILENO, "standard input", address);
}
std::unique_ptr<Sink> open_standard_sink(const Address& address) {
  if (!address.target().empty()) address.refuse("standard output has no name");
  return sink_at(STDOUT_FILENO, "standard output", address);
}
std::unique_ptr<Source> open_descriptor_source(const Address& address) {
  return source_at(number_of(address), address.text(), address);
}
std::unique_ptr<Sink> open_descriptor_sink(const Address& address) {
  return sink_at(number_of(address), address.text(), address);
}

std::vector<CarrierOption> framing_options() {
  using End = CarrierOption::End;
  return {{"raw", "", "bytes as they come [default]"},
          {"lines", "", "a message is a line"},
          {"frames", "", "a message has its length before it: 32 bits, little-endian"},
          {"chunk", "SIZE", "with raw: the largest message [default: 64K]", End::kSource},
          {"max", "SIZE", "with lines and frames: the largest message [default: 1G]", End::kSource}};
}

}  // namespace

Carrier standard_carrier() {
  return {"-", "-", "standard input or output", framing_options(), open_standard_source, open_standard_sink};
}

Carrier descriptor_carrier() {
  return {"fd",
          "fd:N",
          "a pipe, file or terminal that this process was given",
          framing_options(),
          open_descriptor_source,
          open_descriptor_sink};
}

}  // namespace ringmain::transport
