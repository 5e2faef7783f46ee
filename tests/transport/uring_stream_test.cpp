// A stream through io_uring: buffers that run out, operations in flight, threads, forks.
// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "support/child.hpp"
#include "support/intercept.hpp"
#include "transport/counting.hpp"
#include "uring_stream.hpp"

namespace ringmain::testing {
namespace {

using namespace std::chrono_literals;
using transport::UringInbox;
using transport::UringStream;

// A stream, and the other end of its socket.
class UringStreamTest : public ::testing::Test {
 protected:
  UringStreamTest() {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    other_ = Descriptor(pair[0]);
    stream_ = std::make_unique<UringStream>(Descriptor(pair[1]), "uring+unix:s");
  }

  void tell(const Bytes& bytes) const {
    EXPECT_EQ(::send(other_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // So many bytes, or all that there is at this moment.
  Bytes read(std::size_t bytes, std::size_t at_once, std::chrono::nanoseconds timeout) const {
    Bytes all(bytes);
    std::size_t got = 0;
    while (got < bytes) {
      const auto now = stream_->read(std::span(all).subspan(got, std::min(at_once, bytes - got)), Deadline(timeout));
      if (!now || *now == 0) break;
      got += *now;
    }
    all.resize(got);
    return all;
  }
  std::optional<std::size_t> write(const Bytes& bytes, std::chrono::nanoseconds timeout) const {
    const iovec all = transport::part(bytes);
    return stream_->write({&all, 1}, Deadline(timeout));
  }
  Bytes hear(std::size_t bytes) const {
    Bytes all(bytes);
    const ssize_t got = ::recv(other_.get(), all.data(), bytes, MSG_DONTWAIT);
    all.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return all;
  }

  Descriptor other_{};
  std::unique_ptr<UringStream> stream_{};
  Watchdog watchdog_{100};
};

TEST_F(UringStreamTest, the_inbox_runs_out_of_buffers_and_has_them_back) {
  std::array<int, 2> pair{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
  const Descriptor here(pair[0]);
  const Descriptor there(pair[1]);
  transport::Uring uring("test");
  UringInbox inbox(uring, here.get(), 7);
  for (int round = 0; round < 5; ++round) {
    inbox.arm();
    bool ran_out = false;
    const std::size_t pieces = UringInbox::kBuffers + 3;
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      const Bytes bytes = counting(100, 100 * piece);
      ASSERT_EQ(::send(there.get(), bytes.data(), bytes.size(), 0), 100);
      uring.submit();
      while (const auto completion = uring.next()) ran_out = !inbox.note(*completion) || ran_out;
    }
    EXPECT_TRUE(ran_out);
    EXPECT_FALSE(inbox.armed());
    Bytes all(100 * pieces);
    std::size_t got = inbox.take(all);
    EXPECT_EQ(got, 100U * UringInbox::kBuffers);
    inbox.arm();
    uring.submit();
    while (const auto completion = uring.next()) inbox.note(*completion);
    got += inbox.take(std::span(all).subspan(got));
    EXPECT_EQ(got, all.size());
    EXPECT_EQ(all, counting(all.size()));
    if (!inbox.armed()) continue;
    for (int i = 0; i < 20; ++i) {  // buffers that were handed out are there again, one by one
      ASSERT_EQ(::send(there.get(), "x", 1, 0), 1);
      while (const auto completion = uring.next()) inbox.note(*completion);
      EXPECT_EQ(inbox.take(all), 1U);
    }
    ASSERT_TRUE(inbox.armed());
    io_uring_prep_cancel64(&uring.prepare(8), 7, 0);
    while (inbox.armed()) {
      uring.wait(Deadline(kForever));
      while (const auto completion = uring.next()) {
        if (completion->tag == 7) inbox.note(*completion);
      }
    }
  }
}

TEST_F(UringStreamTest, whatever_comes_in_whatever_pieces_comes_in_order) {
  std::size_t sent = 0;
  std::size_t received = 0;
  for (const std::size_t piece :
       {1U, 100U, 4095U, 4096U, 4097U, 1U, 40'000U, 100'000U, 3U, 100'000U, 2U, 2U, 150'000U}) {
    for (const std::size_t at_once : {std::size_t{1} << 18, std::size_t{5000}, std::size_t{100}}) {
      tell(counting(piece, sent));
      sent += piece;
      const Bytes got = read(piece, at_once, 10s);
      ASSERT_EQ(got, counting(piece, received)) << piece << " at once " << at_once;
      received += piece;
      EXPECT_TRUE(read(10, 10, 0ns).empty());
    }
  }
}

// In the inbox, also after it ran out.
TEST_F(UringStreamTest, to_look_for_what_may_have_come_is_no_system_call) {
  std::atomic<bool> counting_calls{false};
  int calls = 0;
  const auto count = [&](const seccomp_data&) {
    if (counting_calls) ++calls;
    return 0;
  };
  ASSERT_TRUE(intercept({SYS_recvfrom, SYS_io_uring_enter, SYS_ppoll}, count, [&] {
    for (const std::size_t before : {std::size_t{0}, std::size_t{150'000}}) {
      Bytes memory(200'000);
      tell(counting(before));
      EXPECT_EQ(read(before, before, 10s), counting(before));
      tell(counting(10));
      EXPECT_EQ(stream_->read(memory, Deadline(10s)), 10U);
      EXPECT_FALSE(stream_->read(memory, Deadline(0ns)));
      counting_calls = true;
      for (int i = 0; i < 100; ++i) EXPECT_FALSE(stream_->read(memory, Deadline(0ns)));
      counting_calls = false;
      tell(counting(10));
      EXPECT_EQ(stream_->read(memory, Deadline(0ns)), 10U) << "and finds it";
    }
  }));
  EXPECT_EQ(calls, 0);
}

// Whoever gave memory to a read that timed out has it back.
TEST_F(UringStreamTest, a_read_that_timed_out_takes_nothing_later) {
  for (const std::size_t before : {std::size_t{10}, std::size_t{100'000}}) {
    tell(counting(before));
    ASSERT_EQ(read(before, before, 10s), counting(before));
    Bytes memory(10'000, std::byte{0xee});
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(stream_->read(memory, Deadline(1ms)), std::nullopt);
      tell(counting(50));
      EXPECT_EQ(memory, Bytes(10'000, std::byte{0xee}));
      ASSERT_EQ(read(50, 1000, 10s), counting(50));
      tell(counting(before));
      ASSERT_EQ(read(before, before, 10s), counting(before));
    }
  }
}

TEST_F(UringStreamTest, a_write_that_timed_out_says_exactly_what_it_wrote) {
  const Bytes content = counting(std::size_t{251} * 8000);
  std::size_t sent = 0;
  std::size_t received = 0;
  std::size_t timeouts = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto from = sent % 251;
    const Bytes part(content.begin() + static_cast<std::ptrdiff_t>(from),
                     content.begin() + static_cast<std::ptrdiff_t>(from) + 300'000 + i);
    const auto written = write(part, i % 3 == 0 ? 0ns : i % 3 == 1 ? 20us : 1ms);
    if (written) sent += *written;
    if (!written || *written < part.size()) ++timeouts;
    const Bytes heard = hear(i % 5 == 0 ? 1'000'000 : 30'000);
    ASSERT_EQ(heard, counting(heard.size(), received));
    received += heard.size();
    ASSERT_LE(received, sent);
  }
  for (Bytes heard = hear(100'000); !heard.empty(); heard = hear(100'000)) received += heard.size();
  EXPECT_EQ(received, sent);
  EXPECT_GT(timeouts, 100U);
}

TEST_F(UringStreamTest, a_write_waits_for_room_and_goes_out_whole) {
  const Bytes content = counting(5'000'000);
  std::jthread writer([&] {
    for (std::size_t sent = 0; sent < content.size();) {
      const auto now = write(Bytes(content.begin() + static_cast<std::ptrdiff_t>(sent), content.end()), 10s);
      ASSERT_TRUE(now);
      sent += *now;
    }
  });
  Bytes heard(content.size());
  ASSERT_EQ(::recv(other_.get(), heard.data(), heard.size(), MSG_WAITALL), static_cast<ssize_t>(heard.size()));
  EXPECT_EQ(heard, content);
}

TEST_F(UringStreamTest, destroyed_while_it_receives_it_is_gone_for_the_other_end_at_once) {
  ASSERT_TRUE(stream_->arm());
  EXPECT_TRUE(hear(1).empty());
  EXPECT_EQ(errno, EAGAIN);
  stream_.reset();
  std::byte nothing{};
  EXPECT_EQ(::recv(other_.get(), &nothing, 1, MSG_DONTWAIT), 0) << "the kernel still holds the socket";
}

// What arrives for the second one is no business of the first: it isn't woken.
TEST_F(UringStreamTest, one_thread_after_the_other) {
  std::atomic<bool> armed{false};
  const Descriptor done(::eventfd(0, EFD_CLOEXEC));
  int interruptions = 0;
  std::jthread first([&] {
    tell(counting(10));
    EXPECT_EQ(read(10, 10, 10s), counting(10));
    EXPECT_TRUE(stream_->arm());
    const Descriptor poll(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN;
    EXPECT_EQ(::epoll_ctl(poll.get(), EPOLL_CTL_ADD, done.get(), &event), 0);
    armed = true;
    armed.notify_all();
    while (::epoll_wait(poll.get(), &event, 1, -1) != 1) ++interruptions;
  });
  armed.wait(false);
  for (int i = 0; i < 100; ++i) {
    tell(counting(100));
    ASSERT_EQ(read(100, 100, 10s), counting(100));
  }
  EXPECT_EQ(::eventfd_write(done.get(), 1), 0);
  first.join();
  EXPECT_LT(interruptions, 10);  // the kernel may have other reasons
  for (int i = 0; i < 20; ++i) {
    std::jthread([&] { EXPECT_TRUE(stream_->arm()); }).join();  // whose receive ends with it
    tell(counting(100));
    ASSERT_EQ(read(100, 100, 10s), counting(100));
  }
}

TEST_F(UringStreamTest, a_forked_child_is_refused_and_disturbs_nobody) {
  tell(counting(10));
  ASSERT_EQ(read(10, 10, 10s), counting(10));
  ASSERT_TRUE(stream_->arm());
  Child child([&] {
    std::string message;
    const Status status = refusal([&] { read(1, 1, 0ns); }, &message);
    require(status == Status::kLeaseLost && message.find("forked") != std::string::npos, message);
    require(refusal([&] { write(Bytes(1), 0ns); }) == Status::kLeaseLost, "write");
    require(refusal([&] { stream_->arm(); }) == Status::kLeaseLost, "arm");
    stream_.reset();
  });
  EXPECT_EQ(child.wait(), 0);
  for (int i = 0; i < 100; ++i) {
    tell(counting(100));
    ASSERT_EQ(read(100, 100, 10s), counting(100));
  }
  EXPECT_EQ(write(counting(10), 10s), 10U);
  EXPECT_EQ(hear(100), counting(10));
}

}  // namespace
}  // namespace ringmain::testing
