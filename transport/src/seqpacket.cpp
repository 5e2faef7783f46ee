// SPDX-License-Identifier: MIT
#include "seqpacket.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <optional>
#include <utility>

#include "byte_stream.hpp"
#include "descriptor_stream.hpp"
#include "packets.hpp"

namespace ringmain::transport {
namespace {

constexpr int kWantedBuffer = 4 << 20;
constexpr std::chrono::seconds kDefaultWait{1};

// What the kernel takes off a packet's share of the buffer, on the safe side: it counts pages and headers.
std::size_t largest_packet(int socket) noexcept {
  constexpr std::size_t kOverhead = 4096;
  int bytes = kWantedBuffer;
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  socklen_t length = sizeof bytes;
  ::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, &length);
  return static_cast<std::size_t>(bytes) / 2 - kOverhead;
}

class SeqpacketOut final : public PacketOut {
 public:
  SeqpacketOut(Descriptor socket, const std::string& name)
      : largest_(largest_packet(socket.get())), name_(name),
        stream_(std::move(socket), DescriptorStream::Kind::kSocket, name) {}

  bool send(std::span<const std::byte> word, std::span<const std::byte> payload, const Deadline& deadline) override {
    const std::array parts{part(word), part(payload)};
    return stream_.write(parts, deadline).has_value();
  }
  std::size_t largest() const noexcept override { return largest_; }

  // The receiver closes the connection when it has received the end.
  bool drain(const Deadline& deadline) override {
    try {
      std::array<std::byte, 1> nothing{};
      return stream_.read(nothing, deadline).has_value();
    } catch (const Error& error) {
      fail_write(name_, error.system_error());
    }
  }

 private:
  std::size_t largest_;
  std::string name_;
  DescriptorStream stream_;
};

// Accepts one connection.
class SeqpacketIn final : public PacketIn {
 public:
  explicit SeqpacketIn(std::unique_ptr<Place> place) : place_(std::move(place)), listener_(place_->listen()) {
    ::fcntl(listener_.get(), F_SETFL, O_NONBLOCK);
  }
  ~SeqpacketIn() override { place_->forget(); }

  std::optional<std::size_t> receive(std::span<std::byte> into, const Deadline& deadline) override {
    for (;;) {
      if (!stream_) {
        Descriptor connected = accept_from(listener_.get(), deadline, place_->name());
        if (!connected) return std::nullopt;
        stream_.emplace(std::move(connected), DescriptorStream::Kind::kSocket, place_->name());
      }
      const auto got = read(into, deadline);
      spoke_ = spoke_ || (got && *got > 0);
      if (spoke_ || !got) return got;
      stream_.reset();  // somebody who looked whether we are here
    }
  }
  std::size_t largest() const noexcept override { return kWantedBuffer; }
  void finish() override {
    stream_.reset();
    listener_.reset();
    place_->forget();
  }
  int descriptor() const noexcept override { return stream_ ? stream_->descriptor() : listener_.get(); }

 private:
  // 0, too, when the connection broke.
  std::optional<std::size_t> read(std::span<std::byte> into, const Deadline& deadline) {
    try {
      return stream_->read(into, deadline);
    } catch (const Error& error) {
      if (error.status() != Status::kProducerLost) throw;
      return 0;
    }
  }

  std::unique_ptr<Place> place_;
  Descriptor listener_;
  std::optional<DescriptorStream> stream_{};
  bool spoke_ = false;
};

}  // namespace

std::unique_ptr<Source> open_seqpacket_source(std::unique_ptr<Place> place, const Address& address) {
  if (address.flag("reconnect")) address.refuse("a seqpacket socket doesn't reconnect");
  const std::string name = place->name();
  return packet_source(std::make_unique<SeqpacketIn>(std::move(place)), name);
}

std::unique_ptr<Sink> open_seqpacket_sink(std::unique_ptr<Place> place, const Address& address) {
  if (address.flag("reconnect")) address.refuse("a seqpacket socket doesn't reconnect");
  Descriptor socket = connect_to(*place, Deadline(address.duration("wait", kDefaultWait)));
  return packet_sink(std::make_unique<SeqpacketOut>(std::move(socket), place->name()), place->name());
}

}  // namespace ringmain::transport
