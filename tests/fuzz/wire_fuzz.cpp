// What Ringmain's own ends say to each other, said by somebody else: over connections that break and over packets. Messages
// are received whole and after a hello; the end is told only after an end.
// SPDX-License-Identifier: MIT
#include <sys/un.h>

#include <chrono>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include "fail.hpp"
#include "packets.hpp"
#include "pieces.hpp"
#include "program.hpp"
#include "stream_socket.hpp"
#include "wire.hpp"

namespace ringmain::testing {
namespace {

using transport::ControlType;
using transport::Framing;

constexpr std::size_t kMost = 64;  // things that are said

// What is said over one connection, or in packets.
struct Said {
  std::deque<Bytes> parts{};
  bool greets = false;
  bool ends = false;
  bool foreign = false;  // and what else, nobody knows
};

Said draw_said(Program& program) {
  Said said;
  for (std::size_t i = 0; i < kMost && !program.done(); ++i) {
    Bytes bytes;
    switch (const std::size_t draw = program.below(8)) {
      case 0:
      case 1:
      case 2: {
        constexpr std::array kTypes{ControlType::kHello, ControlType::kEnd, ControlType::kConfirm};
        const ControlType type = draw == 0   ? ControlType::kHello
                                 : draw == 1 ? ControlType::kEnd
                                             : program.one_of(kTypes);
        append(bytes, transport::control_frame({type, program.below(2), program.below(8)}));
        said.greets |= type == ControlType::kHello;
        said.ends |= type == ControlType::kEnd;
        break;
      }
      case 3:
        append(bytes, program.take(1 + program.below(40)));
        said.foreign = true;
        break;
      default: {
        const Bytes payload = telling_payload(program.one_in(16) ? program.below(100'000) : program.below(200));
        append(bytes, transport::envelope(Framing::kWire, payload.size(), 7).prefix());
        append(bytes, payload);
      }
    }
    said.parts.push_back(std::move(bytes));
  }
  return said;
}

// Until the source finds nothing more.
void receive_all(transport::Source& source, const Said& said) {
  for (std::size_t refusals = 0; refusals < kMost;) {
    try {
      const Status status = source.receive(std::chrono::nanoseconds{0});
      require(status != Status::kEnd || said.ends || said.foreign, "an end that nobody told");
      if (status == Status::kOk) {
        require(said.greets || said.foreign, "a message without a hello");
        require(tells_its_length(source.message().bytes) || said.foreign, "a message that nobody sent");
      } else if (status == Status::kEnd || ++refusals == kMost) {
        return;
      }
    } catch (const Error& error) {
      require(error.status() == Status::kProducerLost || error.status() == Status::kBadFrame ||
                  error.status() == Status::kTooLarge,
              error.what());
      ++refusals;
    }
  }
}

// --- connections

// Where whoever wants to connect does so for real; what comes through the connection is drawn.
class OpenDoor final : public transport::Place {
 public:
  Descriptor listen() override {
    Descriptor listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un any{.sun_family = AF_UNIX};  // the kernel gives it an abstract name
    auto* address = reinterpret_cast<sockaddr*>(&any);
    socklen_t bytes = sizeof(sa_family_t);
    require(::bind(listener.get(), address, bytes) == 0 && ::listen(listener.get(), 16) == 0, "listen");
    bytes = sizeof any;
    require(::getsockname(listener.get(), address, &bytes) == 0, "getsockname");
    for (auto& guest : guests_) {
      guest = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
      require(::connect(guest.get(), address, bytes) == 0, "connect");
    }
    return listener;
  }
  Descriptor try_connect() override { return {}; }
  const std::string& name() const noexcept override { return name_; }

  explicit OpenDoor(std::size_t guests) : guests_(guests) {}

 private:
  std::vector<Descriptor> guests_;
  std::string name_ = "door";
};

void try_connections(Program& program) {
  const bool reconnect = program.one_in(2);
  const Pieces::Sizes sizes = Pieces::draw(program);
  const auto end = program.one_in(2) ? Pieces::End::kBroken : Pieces::End::kOrderly;
  std::deque<Bytes> connections(1 + program.below(3));
  Said all;
  for (Bytes& connection : connections) {
    const Said said = draw_said(program);
    for (const Bytes& part : said.parts) append(connection, part);
    all.greets |= said.greets;
    all.ends |= said.ends;
    all.foreign |= said.foreign;
  }
  const auto maker = [&](const Descriptor& /*connected*/, const std::string& /*name*/) {
    auto stream = std::make_unique<Pieces>(connections.front(), sizes, end);
    connections.pop_front();
    return stream;
  };
  const auto address = transport::Address::parse(reconnect ? "unix:x?reconnect&max=50000" : "unix:x?max=50000");
  const auto source = transport::open_stream_source(std::make_unique<OpenDoor>(connections.size()), maker, address);
  receive_all(*source, all);
}

// --- packets

class Packets final : public transport::PacketIn {
 public:
  explicit Packets(std::deque<Bytes> packets) : packets_(std::move(packets)) {}

  std::optional<std::size_t> receive(std::span<std::byte> into, const Deadline& /*deadline*/) override {
    if (packets_.empty()) return 0;
    const Bytes packet = std::move(packets_.front());
    packets_.pop_front();
    if (packet.empty()) return std::nullopt;
    const std::size_t bytes = std::min(packet.size(), into.size());
    std::copy_n(packet.begin(), bytes, into.begin());
    return bytes;
  }
  std::size_t largest() const noexcept override { return 50'000; }
  void finish() override {}
  int descriptor() const noexcept override { return -1; }

 private:
  std::deque<Bytes> packets_;
};

void try_packets(Program& program) {
  Said said = draw_said(program);
  const auto source = transport::packet_source(std::make_unique<Packets>(std::move(said.parts)), "packets");
  receive_all(*source, said);
}

}  // namespace
}  // namespace ringmain::testing

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ringmain::testing;
  expect_no_hang();
  Program program(data, size);
  program.one_in(4) ? try_packets(program) : try_connections(program);
  return 0;
}
