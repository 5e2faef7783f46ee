// SPDX-License-Identifier: MIT
#include "packets.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "fail.hpp"
#include "framing.hpp"
#include "wire.hpp"

namespace ringmain::transport {
namespace {

class PacketSource final : public Source {
 public:
  PacketSource(std::unique_ptr<PacketIn> in, std::string name) : in_(std::move(in)), name_(std::move(name)) {}

  Status receive(std::chrono::nanoseconds timeout) override {
    message_ = {};
    if (lost_) fail_lost();
    if (buffer_.size() < in_->largest()) buffer_.resize(in_->largest());
    for (const Deadline deadline(timeout); !ended_;) {
      const auto got = in_->receive(buffer_, deadline);
      if (!got) return timeout.count() == 0 ? Status::kEmpty : Status::kTimedOut;
      if (*got == 0) fail_lost();
      const auto packet = std::span<const std::byte>(buffer_).first(*got);
      const auto frame = find_frame(Framing::kWire, packet, 0, true);
      if (!frame || frame->total != packet.size()) fail_foreign();
      const auto payload = packet.subspan(frame->begin);
      if (frame->control) {
        if (obey(frame->type, payload)) return Status::kEnd;
        continue;
      }
      if (!stream_) fail_foreign();
      ++received_;
      message_ = {.bytes = payload, .type = frame->type};
      return Status::kOk;
    }
    return Status::kEnd;
  }

  int descriptor() override {
    if (in_->descriptor() < 0) {
      fail(Status::kUnsupported, name_ + ": this carrier has no bell, and so nothing that an event loop could watch");
    }
    return in_->descriptor();
  }

 private:
  // True: that was all.
  bool obey(std::uint16_t type, std::span<const std::byte> payload) {
    const auto control = parse_control(type, payload);
    if (!control || control->type == ControlType::kConfirm) fail_foreign();
    if (control->type == ControlType::kHello) {
      if (stream_) fail_lost();  // this is another sender, who came before it was noticed that the first one had died
      stream_ = control->stream;
      return false;
    }
    if (control->stream != stream_ || control->messages != received_) fail_foreign();
    in_->finish();
    ended_ = true;
    return true;
  }

  [[noreturn]] void fail_lost() {
    lost_ = true;
    fail(Status::kProducerLost, fmt::format("{}: the sender died after message {}", name_, received_));
  }

  [[noreturn]] void fail_foreign() const {
    fail(Status::kBadFrame, name_ + ": a packet that doesn't belong to the stream; another program sends there, too");
  }

  std::unique_ptr<PacketIn> in_;
  std::string name_;
  std::vector<std::byte> buffer_{};
  std::optional<std::uint64_t> stream_{};
  std::uint64_t received_ = 0;
  bool lost_ = false;
  bool ended_ = false;
};

class PacketSink final : public Sink {
 public:
  PacketSink(std::unique_ptr<PacketOut> out, std::string name)
      : out_(std::move(out)), name_(std::move(name)), room_(max_message()) {}

  std::byte* claim(std::size_t bytes, std::chrono::nanoseconds timeout) override {
    check_length(bytes);
    return flush(timeout) == Status::kOk ? room_.data() : nullptr;
  }
  void commit(std::size_t used, std::uint16_t type) override {
    pending_ = std::span<const std::byte>(room_).first(used);
    pending_type_ = type;
    has_pending_ = true;
    flush(std::chrono::nanoseconds{0});
  }
  void abort() noexcept override {}

  Status send(std::span<const std::byte> bytes, std::uint16_t type, std::chrono::nanoseconds timeout) override {
    check_length(bytes.size());
    if (flush(timeout) != Status::kOk) return Status::kNoRoom;
    if (!send_now(bytes, type, timeout)) return Status::kNoRoom;
    return Status::kOk;
  }

  Status flush(std::chrono::nanoseconds timeout) override {
    if (!has_pending_) return Status::kOk;
    if (!send_now(pending_, pending_type_, timeout)) return Status::kNoRoom;
    has_pending_ = false;
    return Status::kOk;
  }

  Status close(std::chrono::nanoseconds timeout) override {
    if (closed_) return Status::kOk;
    if (flush(timeout) != Status::kOk) return Status::kNoRoom;
    const Deadline deadline(timeout);
    if (!ended_) {
      if (!greeted_ && !tell(ControlType::kHello, deadline)) return Status::kNoRoom;
      greeted_ = true;
      if (!tell(ControlType::kEnd, deadline)) return Status::kNoRoom;
      ended_ = true;
    }
    if (!out_->drain(deadline)) return Status::kNoRoom;
    closed_ = true;
    return Status::kOk;
  }

  std::size_t max_message() const noexcept override { return out_->largest() - kWordBytes; }

 private:
  bool tell(ControlType what, const Deadline& deadline) {
    const auto frame = control_frame({what, number_, sent_});
    const std::span<const std::byte> bytes(frame);
    return out_->send(bytes.first(kWordBytes), bytes.subspan(kWordBytes), deadline);
  }

  bool send_now(std::span<const std::byte> bytes, std::uint16_t type, std::chrono::nanoseconds timeout) {
    if (!greeted_ && !tell(ControlType::kHello, Deadline(timeout))) return false;
    greeted_ = true;
    if (!out_->send(envelope(Framing::kWire, bytes.size(), type).prefix(), bytes, Deadline(timeout))) return false;
    ++sent_;
    return true;
  }

  void check_length(std::size_t bytes) const {
    if (bytes <= max_message()) return;
    fail(Status::kTooLarge, fmt::format("{}: a message of {} bytes: the largest that the system lets it take has {}",
                                        name_, bytes, max_message()));
  }

  std::unique_ptr<PacketOut> out_;
  std::string name_;
  std::vector<std::byte> room_;
  std::span<const std::byte> pending_{};  // committed, and not sent yet
  std::uint16_t pending_type_ = 0;
  bool has_pending_ = false;
  std::uint64_t number_ = random_stream();
  std::uint64_t sent_ = 0;
  bool greeted_ = false;
  bool ended_ = false;
  bool closed_ = false;
};

}  // namespace

std::unique_ptr<Source> packet_source(std::unique_ptr<PacketIn> in, std::string name) {
  return std::make_unique<PacketSource>(std::move(in), std::move(name));
}

std::unique_ptr<Sink> packet_sink(std::unique_ptr<PacketOut> out, std::string name) {
  return std::make_unique<PacketSink>(std::move(out), std::move(name));
}

}  // namespace ringmain::transport
