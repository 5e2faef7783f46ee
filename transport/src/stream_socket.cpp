// SPDX-License-Identifier: MIT
#include "stream_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <optional>
#include <type_traits>
#include <utility>

#include "descriptor_stream.hpp"
#include "fail.hpp"
#include "frame_reader.hpp"
#include "frame_writer.hpp"
#include "wire.hpp"

namespace ringmain::transport {
namespace {

constexpr std::size_t kDefaultLargest = std::size_t{1} << 30;
constexpr std::chrono::seconds kDefaultWait{1};

class StreamSocketSource final : public Source {
 public:
  StreamSocketSource(std::unique_ptr<Place> place, StreamMaker maker, const Address& address)
      : place_(std::move(place)), maker_(std::move(maker)), reconnect_(address.flag("reconnect")),
        largest_(address.size("max", kDefaultLargest)), reader_(Framing::kWire, place_->name(), 0),
        listener_(place_->listen()) {
    ::fcntl(listener_.get(), F_SETFL, O_NONBLOCK);
  }
  ~StreamSocketSource() override { place_->forget(); }

  Status receive(std::chrono::nanoseconds timeout) override { return receive(nullptr, timeout); }
  Status receive_into(Sink& sink, std::chrono::nanoseconds timeout) override { return receive(&sink, timeout); }

  bool at_hand() const noexcept override { return greeted_ && reader_.at_hand(); }
  std::size_t incomplete() const noexcept override { return reader_.incomplete(); }
  int descriptor() override { return stream_ ? stream_->descriptor() : listener_.get(); }
  bool arm() override { return !stream_ || stream_->arm(); }

 private:
  using What = FrameReader::What;

  Status receive(Sink* sink, std::chrono::nanoseconds timeout) {
    while (!ended_) {
      if (!stream_ && !accept(timeout)) return timeout.count() == 0 ? Status::kEmpty : Status::kTimedOut;
      switch (next(sink, timeout)) {
        case What::kMessage:
          if (!greeted_) fail_foreign();
          return lend();
        case What::kControl: obey(); break;
        case What::kNoRoom: return Status::kNoRoom;
        case What::kTimedOut: return timeout.count() == 0 ? Status::kEmpty : Status::kTimedOut;
        case What::kEnd:
        case What::kCutOff: lose("it went without closing", sink);
      }
    }
    return Status::kEnd;
  }

  bool accept(std::chrono::nanoseconds timeout) {
    Descriptor connected = accept_from(listener_.get(), Deadline(timeout), place_->name());
    if (!connected) return false;
    stream_ = maker_(std::move(connected), place_->name());
    reader_.set_largest(0);  // until it has said hello
    greeted_ = false;
    return true;
  }

  What next(Sink* sink, std::chrono::nanoseconds timeout) {
    try {
      return sink == nullptr || !greeted_ ? reader_.next(*stream_, timeout)
                                          : reader_.next_into(*stream_, *sink, timeout);
    } catch (const Error& error) {
      if (error.status() == Status::kTooLarge && !greeted_) fail_foreign();
      if (error.status() != Status::kProducerLost) throw;
      lose(error.what(), sink);
      return What::kTimedOut;
    }
  }

  // A connection that breaks before its hello was somebody who looked whether we are here.
  void lose(const std::string& why, Sink* sink) {
    stream_.reset();
    reader_.reset(sink);
    if (reconnect_ || !std::exchange(greeted_, false)) return;
    fail(Status::kProducerLost, fmt::format("{}: the sender died, or the connection broke, after message {}: {}",
                                            place_->name(), received_, why));
  }

  [[noreturn]] void fail_foreign() const {
    fail(Status::kBadFrame, place_->name() +
                                ": the other end doesn't speak Ringmain's framing; for bytes of other "
                                "programs use a pipe: nc -l PORT | ringmain pub NAME");
  }

  void obey() {
    const auto control = parse_control(reader_.type(), reader_.bytes());
    if (!control || greeted_ != (control->type == ControlType::kEnd)) fail_foreign();
    if (stream_number_ == control->stream) {
      if (control->messages < received_) fail_foreign();
      missed_ += control->messages - received_;
    }
    stream_number_ = control->stream;
    received_ = control->messages;
    greeted_ = true;
    reader_.set_largest(largest_);
    if (control->type == ControlType::kEnd) end();
  }

  void end() {
    ended_ = true;
    message_ = {.lost = std::exchange(missed_, 0)};
    stream_.reset();  // tells the sender that everything has arrived
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
  std::optional<std::uint64_t> stream_number_{};
  std::uint64_t received_ = 0;  // and missed, of this stream
  std::uint64_t missed_ = 0;    // since the last message
  bool greeted_ = false;
  bool ended_ = false;
};

class StreamSocketSink final : public Sink {
 public:
  StreamSocketSink(std::unique_ptr<Place> place, StreamMaker maker, const Address& address)
      : place_(std::move(place)), maker_(std::move(maker)), reconnect_(address.flag("reconnect")),
        wait_(address.duration("wait", reconnect_ ? kForever : kDefaultWait)), writer_(Framing::kWire, place_->name()) {
    persist([] { return Status::kOk; });
  }

  std::byte* claim(std::size_t bytes, std::chrono::nanoseconds timeout) override {
    return persist([&] { return writer_.claim(*stream_, bytes, timeout); });
  }
  void commit(std::size_t used, std::uint16_t type) override { writer_.commit(used, type); }
  void abort() noexcept override { writer_.abort(); }

  Status send(std::span<const std::byte> bytes, std::uint16_t type, std::chrono::nanoseconds timeout) override {
    return persist([&] { return writer_.send(*stream_, bytes, type, timeout); });
  }
  Status flush(std::chrono::nanoseconds timeout) override {
    return persist([&] { return writer_.flush(*stream_, timeout); });
  }

  // Waits until the receiver has confirmed that it has received everything.
  Status close(std::chrono::nanoseconds timeout) override {
    if (closed_) return Status::kOk;
    if (!std::exchange(ending_, true)) {
      writer_.add_control(control_frame({ControlType::kEnd, number_, writer_.taken()}));
    }
    if (flush(timeout) != Status::kOk) return Status::kNoRoom;
    stream_->finish_writing();
    if (!confirmed(timeout)) return Status::kNoRoom;
    closed_ = true;
    return Status::kOk;
  }

  std::size_t max_message() const noexcept override { return writer_.max_message(); }

 private:
  template <class Attempt>
  std::invoke_result_t<const Attempt&> persist(const Attempt& attempt) {
    for (;;) {
      try {
        if (!stream_) connect();
        return attempt();
      } catch (const Error& error) {
        if (error.status() != Status::kConsumerLost || !reconnect_) throw;
        stream_.reset();
        writer_.start_over();
      }
    }
  }

  void connect() {
    stream_ = maker_(connect_to(*place_, Deadline(wait_)), place_->name());
    const auto hello = control_frame({ControlType::kHello, number_, writer_.written()});
    std::array parts{part(hello)};
    for (std::span<iovec> rest(parts); !rest.empty();) drop(rest, *stream_->write(rest, Deadline(kForever)));
  }

  bool confirmed(std::chrono::nanoseconds timeout) {
    try {
      std::array<std::byte, 1> nothing{};
      return stream_->read(nothing, Deadline(timeout)).has_value();
    } catch (const Error& error) {
      if (error.status() != Status::kProducerLost) throw;
      fail(Status::kConsumerLost, place_->name() + ": the receiver went before it had confirmed that it has everything",
           error.system_error());
    }
  }

  std::unique_ptr<Place> place_;
  StreamMaker maker_;
  bool reconnect_;
  std::chrono::nanoseconds wait_;
  FrameWriter writer_;
  std::uint64_t number_ = random_stream();
  std::unique_ptr<ByteStream> stream_{};
  bool ending_ = false;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<ByteStream> plain_stream(Descriptor connected, const std::string& name) {
  return std::make_unique<DescriptorStream>(std::move(connected), DescriptorStream::Kind::kSocket, name);
}

std::unique_ptr<Source> open_stream_source(std::unique_ptr<Place> place, StreamMaker maker, const Address& address) {
  return std::make_unique<StreamSocketSource>(std::move(place), std::move(maker), address);
}

std::unique_ptr<Sink> open_stream_sink(std::unique_ptr<Place> place, StreamMaker maker, const Address& address) {
  return std::make_unique<StreamSocketSink>(std::move(place), std::move(maker), address);
}

std::vector<CarrierOption> stream_options() {
  using End = CarrierOption::End;
  return {{"reconnect", "", "a connection that breaks is followed by another one; what is lost on the way is counted"},
          {"wait", "DURATION", "for the receiver [default: 1s; with reconnect: forever]", End::kSink},
          {"max", "SIZE", "the largest message [default: 1G]", End::kSource}};
}

}  // namespace ringmain::transport
