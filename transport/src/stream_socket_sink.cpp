// The sending end of a stream socket: connects, and connects again if so wished.
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <optional>
#include <thread>
#include <utility>

#include "fail.hpp"
#include "frame_writer.hpp"
#include "stream_socket.hpp"
#include "wire.hpp"

namespace ringmain::transport {
namespace {

constexpr std::chrono::seconds kDefaultWait{1};
constexpr std::chrono::seconds kHelloTime{5};
constexpr std::chrono::milliseconds kLookPeriod{100};
constexpr std::chrono::milliseconds kPause{20};  // before the next try, when a connection broke

class StreamSocketSink final : public Sink {
 public:
  StreamSocketSink(std::unique_ptr<Place> place, StreamMaker maker, const Address& address)
      : place_(std::move(place)), maker_(std::move(maker)), reconnect_(address.flag("reconnect")),
        wait_(address.duration("wait", reconnect_ ? kForever : kDefaultWait)), patience_(wait_),
        writer_(Framing::kWire, place_->name()) {
    persist<bool>(kForever, [](auto) { return true; });
  }

  std::byte* claim(std::size_t bytes, std::chrono::nanoseconds timeout) override {
    return persist<std::byte*>(timeout, [&](auto left) { return writer_.claim(*stream_, bytes, left); })
        .value_or(nullptr);
  }
  void commit(std::size_t used, std::uint16_t type) override { writer_.commit(used, type); }
  void abort() noexcept override { writer_.abort(); }

  Status send(std::span<const std::byte> bytes, std::uint16_t type, std::chrono::nanoseconds timeout) override {
    return persist<Status>(timeout, [&](auto left) { return writer_.send(*stream_, bytes, type, left); })
        .value_or(Status::kNoRoom);
  }
  Status flush(std::chrono::nanoseconds timeout) override {
    return persist<Status>(timeout,
                           [&](auto left) {
                             if (end_written_ == 0 && look_.due()) look_for_receiver();
                             return writer_.flush(*stream_, left);
                           })
        .value_or(Status::kNoRoom);
  }

  // Waits until the receiver has confirmed that it has received everything.
  Status close(std::chrono::nanoseconds timeout) override {
    if (closed_) return Status::kOk;
    closed_ = persist<bool>(timeout, [&](auto left) { return end(Deadline(left), left); }).value_or(false);
    return closed_ ? Status::kOk : Status::kNoRoom;
  }

  std::size_t max_message() const noexcept override { return writer_.max_message(); }

 private:
  // Nothing: there was no connection until the timeout.
  template <class Result, class Attempt>
  std::optional<Result> persist(std::chrono::nanoseconds timeout, const Attempt& attempt) {
    const Deadline deadline(timeout);
    for (;;) {
      try {
        if (!stream_ && !connect(deadline, timeout)) return std::nullopt;
        return attempt(deadline.left(timeout));
      } catch (const Error& error) {
        if (error.status() != Status::kConsumerLost || !reconnect_) throw;
        stream_.reset();
        writer_.start_over();
        end_written_ = confirmed_ = 0;
        if (writer_.written() != written_before_) patience_ = Deadline(wait_);  // this one was of some use
        written_before_ = writer_.written();
        if (timeout.count() <= 0 || deadline.passed()) return std::nullopt;
        std::this_thread::sleep_for(deadline.left(kPause));
      }
    }
  }

  // False: nobody listens yet, and the timeout has passed. Throws kNotFound when patience is at its end.
  bool connect(const Deadline& deadline, std::chrono::nanoseconds timeout) {
    Descriptor connected = try_until(*place_, Deadline(patience_.left(deadline.left(timeout))));
    if (!connected) {
      if (patience_.passed()) fail_nobody(*place_, errno);
      return false;
    }
    auto stream = maker_(std::move(connected), place_->name());
    if (!write_whole(*stream, control_frame({ControlType::kHello, number_, writer_.written()}), kHelloTime)) {
      fail(Status::kConsumerLost, place_->name() + ": the receiver takes nothing");
    }
    stream_ = std::move(stream);
    return true;
  }

  // Who has nothing to send would else not learn that the receiver is gone: it says nothing before the end.
  void look_for_receiver() {
    if (!read_confirmation(Deadline(std::chrono::nanoseconds{0}))) return;
    fail(Status::kConsumerLost, place_->name() + ": the receiver is gone");
  }

  bool end(const Deadline& deadline, std::chrono::nanoseconds timeout) {
    if (writer_.flush(*stream_, timeout) != Status::kOk) return false;
    const auto frame = control_frame({ControlType::kEnd, number_, writer_.taken()});
    for (auto rest = std::span<const std::byte>(frame).subspan(end_written_); !rest.empty();) {
      const std::array parts{part(rest)};
      const auto written = stream_->write(parts, deadline);
      if (!written) return false;
      end_written_ += *written;
      rest = rest.subspan(*written);
      if (rest.empty()) stream_->finish_writing();
    }
    return confirmed(deadline);
  }

  bool confirmed(const Deadline& deadline) {
    const auto wanted = control_frame({ControlType::kConfirm, number_, writer_.taken()});
    while (confirmed_ < wanted.size()) {
      const auto got = read_confirmation(deadline);
      if (!got) return false;
      confirmed_ += *got;
      const bool right = std::equal(confirmation_.begin(),
                                    confirmation_.begin() + static_cast<std::ptrdiff_t>(confirmed_), wanted.begin());
      if (*got == 0 || !right) fail_unconfirmed(0);
    }
    return true;
  }

  std::optional<std::size_t> read_confirmation(const Deadline& deadline) {
    try {
      return stream_->read(std::span(confirmation_).subspan(confirmed_), deadline);
    } catch (const Error& error) {
      if (error.status() != Status::kProducerLost) throw;
      fail_unconfirmed(error.system_error());
    }
  }

  [[noreturn]] void fail_unconfirmed(int error) const {
    fail(Status::kConsumerLost,
         place_->name() + ": the receiver went before it had confirmed that it has everything; send it again", error);
  }

  std::unique_ptr<Place> place_;
  StreamMaker maker_;
  bool reconnect_;
  std::chrono::nanoseconds wait_;
  Deadline patience_;  // with a receiver that isn't there
  FrameWriter writer_;
  std::uint64_t number_ = random_stream();
  std::unique_ptr<ByteStream> stream_{};
  std::uint64_t written_before_ = 0;  // the connection before
  Every look_{kLookPeriod};
  std::size_t end_written_ = 0;  // bytes of the end
  std::array<std::byte, kWordBytes + kControlBytes> confirmation_{};
  std::size_t confirmed_ = 0;  // bytes of it
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<Sink> open_stream_sink(std::unique_ptr<Place> place, StreamMaker maker, const Address& address) {
  return std::make_unique<StreamSocketSink>(std::move(place), std::move(maker), address);
}

}  // namespace ringmain::transport
