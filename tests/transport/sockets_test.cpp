// What only sockets have: addresses that are taken or stale, strangers, connections that break.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/un.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "clock.hpp"
#include "descriptor.hpp"
#include "sockets.hpp"
#include "support/child.hpp"
#include "transport/link.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using transport::open_sink;
using transport::open_source;
using Bytes = std::vector<std::byte>;

class SocketsTest : public ::testing::Test {
 protected:
  std::string path() const { return directory_.path() / "s"; }
  std::string unix_address() const { return "unix:" + path(); }
  std::string tcp_address() const { return "tcp:127.0.0.1:" + std::to_string(port_); }

  template <class Open>
  static Status refusal(Open open) {
    try {
      open();
    } catch (const Error& error) {
      message_ = error.what();
      return error.status();
    }
    return Status::kOk;
  }

  // A connection of somebody who doesn't speak our language.
  int connect_raw() const {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path().c_str(), sizeof address.sun_path - 1);
    EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
  }

  TemporaryDirectory directory_{};
  int port_ = free_port();
  static inline std::string message_{};
  Watchdog watchdog_{50};
};

TEST_F(SocketsTest, an_address_that_is_taken) {
  const auto unix_source = open_source(unix_address());
  EXPECT_EQ(refusal([&] { open_source(unix_address()); }), Status::kAddressInUse) << message_;
  const auto tcp_source = open_source(tcp_address());
  EXPECT_EQ(refusal([&] { open_source(tcp_address()); }), Status::kAddressInUse) << message_;
  const auto queue = open_source("mq:ringmain-taken");
  EXPECT_EQ(refusal([&] { open_source("mq:ringmain-taken"); }), Status::kAddressInUse) << message_;
  const auto spsc = open_source("spsc:q?dir=" + directory_.path().string());
  EXPECT_EQ(refusal([&] { open_source("spsc:q?dir=" + directory_.path().string()); }), Status::kAddressInUse);
}

TEST_F(SocketsTest, a_stale_socket_is_replaced_and_what_is_no_socket_is_not) {
  Child killed([&] {
    const auto source = open_source(unix_address());
    ::raise(SIGKILL);
  });
  EXPECT_EQ(killed.wait(), -SIGKILL);
  ASSERT_TRUE(std::filesystem::is_socket(path())) << "nothing was left behind";
  {
    const auto source = open_source(unix_address());
    const auto sink = open_sink(unix_address());
  }
  EXPECT_FALSE(std::filesystem::exists(path())) << "and it is cleared away";
  std::ofstream(path()) << "precious";
  EXPECT_EQ(refusal([&] { open_source(unix_address()); }), Status::kExists) << message_;
  EXPECT_EQ(std::filesystem::file_size(path()), 8U);
}

TEST_F(SocketsTest, a_source_removes_only_its_own_socket) {
  auto first = open_source(unix_address());
  std::filesystem::remove(path());
  const auto second = open_source(unix_address());
  first.reset();
  EXPECT_TRUE(std::filesystem::is_socket(path()));
}

TEST_F(SocketsTest, nobody_listens) {
  EXPECT_EQ(refusal([&] { open_sink(unix_address() + "?wait=0"); }), Status::kNotFound) << message_;
  EXPECT_NE(message_.find("start the receiver first"), std::string::npos) << message_;
  EXPECT_EQ(refusal([&] { open_sink(tcp_address() + "?wait=0"); }), Status::kNotFound) << message_;
  EXPECT_EQ(refusal([&] { open_sink("mq:ringmain-nobody?wait=0"); }), Status::kNotFound) << message_;
  EXPECT_EQ(refusal([&] { open_sink("spsc:nobody?wait=0&dir=" + directory_.path().string()); }), Status::kNotFound);
  EXPECT_EQ(refusal([&] { open_sink("tcp:no.such.host.invalid:1?wait=0"); }), Status::kBadAddress) << message_;
}

TEST_F(SocketsTest, a_stream_and_a_packet_socket_dont_mix) {
  const auto source = open_source(unix_address());
  EXPECT_EQ(refusal([&] { open_sink(unix_address() + "?seqpacket&wait=0"); }), Status::kBadAddress) << message_;
}

TEST_F(SocketsTest, a_stranger_who_only_looks_is_forgiven) {
  const auto source = open_source(unix_address());
  ::close(connect_raw());
  EXPECT_EQ(source->receive(0ns), Status::kEmpty);
  const auto sink = open_sink(unix_address());
  ASSERT_EQ(sink->send(Bytes(7)), Status::kOk);
  ASSERT_EQ(sink->flush(), Status::kOk);
  ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_EQ(source->message().bytes.size(), 7U);
}

TEST_F(SocketsTest, a_stranger_who_speaks_is_told_apart) {
  for (const std::string& said :
       {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), std::string(64, '\0'), std::string(64, '\xff')}) {
    const auto source = open_source(unix_address());
    const int stranger = connect_raw();
    ASSERT_EQ(::write(stranger, said.data(), said.size()), static_cast<ssize_t>(said.size()));
    EXPECT_EQ(refusal([&] { static_cast<void>(source->receive(10s)); }), Status::kBadFrame) << said;
    ::close(stranger);
  }
}

// The hello of a connection, taken off a real sink, with the rest of a message cut.
TEST_F(SocketsTest, a_connection_that_breaks_within_a_message) {
  const auto source = open_source(unix_address());
  auto sink = open_sink(unix_address());
  ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
  std::byte* room = sink->claim(1000);
  ASSERT_NE(room, nullptr);
  ASSERT_EQ(sink->flush(), Status::kOk);  // a claim that is open doesn't go out
  sink.reset();
  ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_EQ(refusal([&] { static_cast<void>(source->receive(10s)); }), Status::kProducerLost) << message_;
}

TEST_F(SocketsTest, the_end_is_confirmed_only_when_everything_was_received) {
  const auto source = open_source(unix_address());
  const auto sink = open_sink(unix_address());
  ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
  EXPECT_EQ(sink->close(20ms), Status::kNoRoom) << "it isn't received yet";
  ASSERT_EQ(source->receive(10s), Status::kOk);
  EXPECT_EQ(source->receive(10s), Status::kEnd);
  EXPECT_EQ(sink->close(10s), Status::kOk);
}

TEST_F(SocketsTest, a_receiver_that_dies_before_the_end_is_told_of_at_close) {
  auto source = open_source(unix_address());
  const auto sink = open_sink(unix_address());
  ASSERT_EQ(source->receive(0ns), Status::kEmpty);
  ASSERT_EQ(sink->send(Bytes(10)), Status::kOk);
  ASSERT_EQ(sink->close(0ns), Status::kNoRoom);
  source.reset();
  EXPECT_EQ(refusal([&] { static_cast<void>(sink->close(10s)); }), Status::kConsumerLost) << message_;
}

// Passes bytes on from one socket to another, and now and then cuts the connection, with bytes in its hands.
class CuttingProxy {
 public:
  CuttingProxy(const std::string& from, const std::string& to, int cuts)
      : listener_(transport::unix_place(from, SOCK_STREAM, from)), target_(transport::unix_place(to, SOCK_STREAM, to)),
        thread_([this, cuts] { run(cuts); }) {}
  ~CuttingProxy() {
    thread_.join();
    listener_->forget();
  }

  int cuts() const noexcept { return cut_; }

 private:
  void run(int cuts) {
    const Descriptor listening = listener_->listen();
    ready_ = true;
    ready_.notify_all();
    for (;;) {
      const Descriptor in = transport::accept_from(listening.get(), Deadline(kForever), "proxy");
      const Descriptor out = transport::connect_to(*target_, Deadline(10s));
      if (cut_ == cuts) return pass_on(in, out, SIZE_MAX);
      pass_on(in, out, 10'000 + 3'777 * static_cast<std::size_t>(cut_));
      ++cut_;
    }
  }

  // What is read beyond `limit` is lost.
  static void pass_on(const Descriptor& in, const Descriptor& out, std::size_t limit) {
    std::vector<char> bytes(1024);
    for (std::size_t passed = 0; passed < limit;) {
      const ssize_t got = ::read(in.get(), bytes.data(), bytes.size());
      if (got <= 0) break;
      const std::size_t now = std::min(static_cast<std::size_t>(got), limit - passed);
      if (::send(out.get(), bytes.data(), now, MSG_NOSIGNAL) != static_cast<ssize_t>(now)) break;
      passed += now;
    }
    if (limit != SIZE_MAX) return;
    ::shutdown(out.get(), SHUT_WR);
    for (ssize_t got = 0; (got = ::read(out.get(), bytes.data(), bytes.size())) > 0;) {  // the confirmation
      ASSERT_EQ(::send(in.get(), bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL), got);
    }
  }

  std::unique_ptr<transport::Place> listener_;
  std::unique_ptr<transport::Place> target_;
  std::atomic<int> cut_{0};
  std::atomic<bool> ready_{false};
  std::jthread thread_;
};

TEST_F(SocketsTest, connections_that_break_are_replaced_and_what_is_lost_is_counted_exactly) {
  constexpr int kCuts = 20;
  constexpr std::uint64_t kMessages = 20'000;
  const std::string front = path() + ".front";
  const auto source = open_source(unix_address() + "?reconnect");
  const CuttingProxy proxy(front, path(), kCuts);
  std::jthread sender([&] {
    const auto sink = open_sink("unix:" + front + "?reconnect");
    Bytes message(100);
    for (std::uint64_t number = 0; number < kMessages; ++number) {
      std::memcpy(message.data(), &number, sizeof number);
      EXPECT_EQ(sink->send(message), Status::kOk);
      if (number % 3 == 0) {
        EXPECT_EQ(sink->flush(), Status::kOk);
      }
    }
    EXPECT_EQ(sink->close(), Status::kOk);
  });
  std::uint64_t next = 0;
  std::uint64_t lost = 0;
  Status status = Status::kOk;
  while ((status = source->receive(10s)) == Status::kOk) {
    std::uint64_t number = 0;
    std::memcpy(&number, source->message().bytes.data(), sizeof number);
    ASSERT_EQ(number, next + source->message().lost);
    lost += source->message().lost;
    next = number + 1;
  }
  EXPECT_EQ(status, Status::kEnd);
  EXPECT_EQ(next + source->message().lost, kMessages);
  EXPECT_EQ(proxy.cuts(), kCuts);
  EXPECT_GT(lost, 0U) << "nothing was in the proxy's hands when it cut";
}

TEST_F(SocketsTest, a_sink_outlives_its_receivers) {
  constexpr std::uint64_t kMessages = 1000;
  auto source = open_source(tcp_address());
  std::jthread sender([&] {
    const auto sink = open_sink(tcp_address() + "?reconnect");
    for (std::uint64_t number = 0; number < kMessages; ++number) {
      EXPECT_EQ(sink->send(std::as_bytes(std::span(&number, 1))), Status::kOk);
      EXPECT_EQ(sink->flush(), Status::kOk);
      if (number % 10 == 0) std::this_thread::sleep_for(1ms);
    }
    EXPECT_EQ(sink->close(), Status::kOk);
  });
  std::uint64_t newest = 0;
  int lives = 1;
  for (Status status = Status::kOk; (status = source->receive(10s)) == Status::kOk;) {
    std::uint64_t number = 0;
    std::memcpy(&number, source->message().bytes.data(), sizeof number);
    ASSERT_TRUE(number > newest || newest == 0);
    newest = number;
    if (number < 100 * static_cast<std::uint64_t>(lives) || lives == 5) continue;
    ++lives;
    source.reset();
    source = open_source(tcp_address());
  }
  EXPECT_EQ(newest, kMessages - 1);
  EXPECT_EQ(lives, 5);
}

}  // namespace
}  // namespace ringmain::testing
