// The receiving end of a stream socket: listens, and receives from one sender.
// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "fail.hpp"
#include "frame_reader.hpp"
#include "stream_socket.hpp"
#include "wire.hpp"

namespace ringmain::transport {
namespace {

constexpr std::size_t kDefaultLargest = std::size_t{1} << 30;
constexpr std::chrono::seconds kHelloTime{5};    // a stranger may not keep the sender out for longer
constexpr std::chrono::seconds kConfirmTime{1};  // if a confirmation doesn't leave by then, nobody waits for it

class StreamSocketSource final : public Source {
 public:
  StreamSocketSource(std::unique_ptr<Place> place, StreamMaker maker, const Address& address)
      : place_(std::move(place)), maker_(std::move(maker)), reconnect_(address.flag("reconnect")),
        largest_(address.size("max", kDefaultLargest)), reader_(Framing::kWire, place_->name(), kControlBytes),
        listener_(place_->listen()) {
    ::fcntl(listener_.get(), F_SETFL, O_NONBLOCK);
  }
  ~StreamSocketSource() override { place_->forget(); }

  Status receive(std::chrono::nanoseconds timeout) override { return receive(nullptr, timeout); }
  Status receive_into(Sink& sink, std::chrono::nanoseconds timeout) override { return receive(&sink, timeout); }

  bool at_hand() const noexcept override { return greeted_ && reader_.at_hand(); }
  std::size_t incomplete() const noexcept override { return greeted_ ? reader_.incomplete() : 0; }
  int descriptor() override { return stream_ ? stream_->descriptor() : listener_.get(); }
  bool arm() override { return !stream_ || stream_->arm(); }

 private:
  using What = FrameReader::What;

  Status receive(Sink* sink, std::chrono::nanoseconds timeout) {
    if (ended_) return Status::kEnd;
    message_ = {};
    const Deadline deadline(timeout);
    while (!ended_) {
      if (lost_) fail(Status::kProducerLost, *lost_);
      const bool connected = stream_ || accept(deadline);
      if (connected) {
        switch (next(sink, deadline.left(timeout))) {
          case What::kMessage:
            if (greeted_) return lend();
            refuse_stranger();
            continue;
          case What::kControl: obey(); continue;
          case What::kNoRoom: return Status::kNoRoom;
          case What::kTimedOut: break;
          case What::kEnd:
          case What::kCutOff: lose("it went without closing", sink); continue;
        }
        if (stream_ && !greeted_ && hello_by_.passed()) drop_connection(sink);
      }
      if (!connected || timeout.count() <= 0 || deadline.passed()) {
        return timeout.count() == 0 ? Status::kEmpty : Status::kTimedOut;
      }
    }
    return Status::kEnd;
  }

  bool accept(const Deadline& deadline) {
    Descriptor connected = accept_from(listener_.get(), deadline, place_->name());
    if (!connected) return false;
    stream_ = maker_(std::move(connected), place_->name());
    reader_.set_largest(kControlBytes);  // until it has said hello
    hello_by_ = Deadline(kHelloTime);
    greeted_ = false;
    return true;
  }

  What next(Sink* sink, std::chrono::nanoseconds timeout) {
    try {
      if (!greeted_) return reader_.next(*stream_, hello_by_.left(timeout));
      return sink == nullptr ? reader_.next(*stream_, timeout) : reader_.next_into(*stream_, *sink, timeout);
    } catch (const Error& error) {
      const bool stranger = !greeted_ && error.status() == Status::kTooLarge;
      if (stranger) {
        refuse_stranger();
      } else if (error.status() == Status::kProducerLost) {
        lose(error.what(), sink);
      } else {
        throw;
      }
      return What::kTimedOut;
    }
  }

  void drop_connection(Sink* sink) {
    stream_.reset();
    reader_.reset(sink);
    greeted_ = false;
  }

  // A connection that breaks before its hello was somebody who looked whether we are here.
  void lose(const std::string& why, Sink* sink) {
    const bool sender = greeted_;
    drop_connection(sink);
    if (reconnect_ || !sender) return;
    lost_ = fmt::format("{}: the sender died, or the connection broke, after message {}: {}", place_->name(), received_,
                        why);
    fail(Status::kProducerLost, *lost_);
  }

  // With reconnect, whoever says something else is sent away; else it is most likely a mistake, which should be told.
  void refuse_stranger() {
    drop_connection(nullptr);
    if (reconnect_) return;
    fail(Status::kBadFrame, place_->name() +
                                ": the other end doesn't speak Ringmain's framing; for bytes of other programs use a "
                                "pipe: nc -l PORT | ringmain pub NAME");
  }

  void obey() {
    const auto control = parse_control(reader_.type(), reader_.bytes());
    const ControlType expected = greeted_ ? ControlType::kEnd : ControlType::kHello;
    const bool same = control && stream_number_ == control->stream;
    if (!control || control->type != expected || (greeted_ && !same) || (same && control->messages < received_)) {
      return refuse_stranger();
    }
    if (same) missed_ += control->messages - received_;
    stream_number_ = control->stream;
    received_ = control->messages;
    if (expected == ControlType::kEnd) return end(*control);
    greeted_ = true;
    reader_.set_largest(largest_);
  }

  void end(const Control& control) {
    ended_ = true;
    message_ = {.lost = std::exchange(missed_, 0)};
    try {
      write_whole(*stream_, control_frame({ControlType::kConfirm, control.stream, control.messages}), kConfirmTime);
    } catch (const Error&) {  // a sender that is gone doesn't need it
    }
    stream_.reset();
    listener_.reset();
    place_->forget();
  }

  Status lend() {
    ++received_;
    message_ = {.bytes = reader_.bytes(), .type = reader_.type(), .lost = std::exchange(missed_, 0)};
    return Status::kOk;
  }

  std::unique_ptr<Place> place_;
  StreamMaker maker_;
  bool reconnect_;
  std::size_t largest_;
  FrameReader reader_;
  Descriptor listener_;
  std::unique_ptr<ByteStream> stream_{};
  Deadline hello_by_{kHelloTime};
  std::optional<std::uint64_t> stream_number_{};
  std::optional<std::string> lost_{};  // what was said of it
  std::uint64_t received_ = 0;         // and missed, of this stream
  std::uint64_t missed_ = 0;           // since the last message
  bool greeted_ = false;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Source> open_stream_source(std::unique_ptr<Place> place, StreamMaker maker, const Address& address) {
  return std::make_unique<StreamSocketSource>(std::move(place), std::move(maker), address);
}

}  // namespace ringmain::transport
