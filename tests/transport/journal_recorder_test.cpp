// Recording a journal: all sizes, full disks, deaths.
// SPDX-License-Identifier: MIT
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <filesystem>

#include "support/mix.hpp"
#include "support/scale.hpp"
#include "support/shared.hpp"
#include "transport/journal.hpp"

namespace ringmain::testing {
namespace {

class JournalRecorderTest : public JournalTest {};

TEST_F(JournalRecorderTest, every_size_comes_back) {
  std::vector<std::size_t> sizes{0,    1,    7,       8,       9,       39,        40,       41,
                                 4095, 4096, 262'143, 262'144, 262'145, 1'048'576, 5'000'001};
  for (std::size_t size = 0; size < 300; ++size) sizes.push_back(size);
  const auto content_of_size = [](std::size_t size) { return Bytes(size, static_cast<std::byte>(size % 251 + 1)); };
  {
    const auto sink = recorder();
    for (const std::size_t size : sizes) ASSERT_EQ(sink->send(content_of_size(size)), Status::kOk);
    ASSERT_EQ(sink->close(), Status::kOk);
    ASSERT_EQ(sink->close(), Status::kOk) << "once more";
  }
  const auto source = replay();
  for (const std::size_t size : sizes) {
    ASSERT_EQ(source->receive(0ns), Status::kOk) << size;
    EXPECT_EQ(Bytes(source->message().bytes.begin(), source->message().bytes.end()), content_of_size(size));
  }
  EXPECT_EQ(source->receive(0ns), Status::kEnd);
  EXPECT_EQ(source->receive(0ns), Status::kEnd);
}

TEST_F(JournalRecorderTest, many_messages_of_all_sizes) {
  stream_ = Stream(8, 0, 700'000);
  record(scaled(5'000));
  expect_replay(scaled(5'000), Status::kEnd);
}

// A claim stays where it is when what was gathered before is flushed.
TEST_F(JournalRecorderTest, a_flush_within_a_claim) {
  const auto sink = recorder();
  record(*sink, 0, 3);
  const Bytes message = stream_.message(3, 0);
  std::byte* room = sink->claim(message.size() + 100);
  std::memcpy(room, message.data(), message.size());
  ASSERT_EQ(sink->flush(), Status::kOk);
  ASSERT_EQ(std::filesystem::file_size(path()), boundaries(3).at(3));
  sink->commit(message.size(), Stream::type_of(3));
  record(*sink, 4, 6);
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(6, Status::kEnd);
}

// kill -9 at any moment: a beginning of what was sent, all of what was flushed, and it can be gone on with.
TEST_F(JournalRecorderTest, a_recorder_killed_at_any_moment) {
  stream_ = Stream(3, 0, 600'000);
  std::uint64_t lot = 1;
  std::uint64_t in_all = 0;
  for (int round = 0; round < scaled(60); ++round) {
    std::filesystem::remove(path());
    const Shared<std::atomic<std::uint64_t>> flushed;
    Child child([&] {
      const auto sink = recorder();
      for (std::uint64_t number = 0;; ++number) {
        record(*sink, number, number + 1);
        if (number % 16 == 15) {
          require(sink->flush() == Status::kOk, "flush");
          flushed->store(number + 1);
        }
      }
    });
    wait_until([&] { return flushed->load() > 0; });
    ::usleep(static_cast<useconds_t>(mix(lot) % 5000));
    child.kill();
    const Replayed result = replayed();
    EXPECT_EQ(result.how, Status::kProducerLost) << result.why;
    EXPECT_GE(result.next, flushed->load());
    in_all += result.next;
    {
      const auto sink = recorder("?append");
      record(*sink, result.next, result.next + 2);
      ASSERT_EQ(sink->close(), Status::kOk);
    }
    expect_replay(result.next + 2, Status::kEnd);
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
  EXPECT_GT(in_all, 0U);
}

// In a child: its files can't grow beyond `bytes`.
void limit_files(std::size_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  require(::setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit");
}

// The disk is full at each of many places: the error says how many messages are whole, and so many are replayed.
TEST_F(JournalRecorderTest, a_full_disk) {
  stream_ = Stream(4, 0, 400'000);
  for (std::size_t limit = 0; limit < 3'000'000; limit += limit < 400 ? 13 : 301'007) {
    std::filesystem::remove(path());
    const Shared<std::atomic<std::uint64_t>> whole;
    const Shared<std::atomic<std::uint64_t>> flushed;
    Child child([&] {
      limit_files(limit);
      std::unique_ptr<Sink> sink;
      try {
        sink = recorder();
        for (std::uint64_t number = 0;; ++number) {
          record(*sink, number, number + 1);
          if (number % 3 == 0 && sink->flush() == Status::kOk) flushed->store(number + 1);
        }
      } catch (const Error& error) {
        const std::string text = error.what();
        require(error.status() == Status::kNoSpace, text);
        const auto at = text.find(" messages are whole");
        if (!sink) return;
        require(at != std::string::npos, text);
        whole->store(std::stoull(text.substr(text.rfind("; ", at) + 2)));
        require(refusal([&] { sink->send(Bytes(1)); }) == Status::kNoSpace, "it stays so");
        require(refusal([&] { sink->close(); }) == Status::kNoSpace, "it stays so");
      }
    });
    ASSERT_EQ(child.wait(), 0) << "limit " << limit;
    if (limit < kJournalHeaderBytes) {
      EXPECT_FALSE(std::filesystem::exists(path()));
      continue;
    }
    const Replayed result = replayed();
    EXPECT_EQ(result.how, Status::kProducerLost) << result.why;
    EXPECT_EQ(result.next, whole->load());
    EXPECT_GE(result.next, flushed->load());
    EXPECT_NE(result.why.find(" 0 bytes behind"), std::string::npos) << result.why;
    {
      const auto sink = recorder("?append");
      record(*sink, result.next, result.next + 2);
      ASSERT_EQ(sink->close(), Status::kOk);
    }
    expect_replay(result.next + 2, Status::kEnd);
    ASSERT_FALSE(HasFailure()) << "limit " << limit;
  }
}

TEST_F(JournalRecorderTest, a_forked_child_does_not_record) {
  const auto sink = recorder();
  record(*sink, 0, 2);
  Child child([&] {
    require(refusal([&] { sink->send(Bytes(5)); }) == Status::kLeaseLost, "send");
    require(refusal([&] { sink->close(); }) == Status::kLeaseLost, "close");
    const_cast<std::unique_ptr<Sink>&>(sink).reset();
  });
  ASSERT_EQ(child.wait(), 0);
  record(*sink, 2, 4);
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(4, Status::kEnd);
}

// What counts as taken is in the file, without a flush.
TEST_F(JournalRecorderTest, synced_always) {
  const auto sink = recorder("?sync=always");
  for (std::uint64_t number = 0; number < 10; ++number) {
    record(*sink, number, number + 1);
    EXPECT_EQ(std::filesystem::file_size(path()), boundaries(10)[number + 1]);
  }
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(10, Status::kEnd);
}

TEST_F(JournalRecorderTest, synced_now_and_then) {
  const auto sink = recorder("?sync=1ms");
  std::uint64_t number = 0;
  while (std::filesystem::file_size(path()) == kJournalHeaderBytes) {
    record(*sink, number, number + 1);
    ++number;
    ::usleep(500);
  }
  EXPECT_LT(number, 500U) << "else it was written because there was so much";
  ASSERT_EQ(sink->close(), Status::kOk);
  expect_replay(number, Status::kEnd);
}

// In a child: there is no io_uring.
void forbid_io_uring() {
  std::array<sock_filter, 4> program{sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                     sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
                                     sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
                                     sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog filter{program.size(), program.data()};
  require(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no new privileges");
  require(::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0, "seccomp");
  require(::syscall(SYS_io_uring_setup, 1, nullptr) == -1 && errno == EPERM, "io_uring is there");
}

TEST_F(JournalRecorderTest, where_io_uring_is_blocked) {
  stream_ = Stream(6, 0, 700'000);
  Child child([&] {
    forbid_io_uring();
    const auto sink = recorder("?sync=1ms");
    record(*sink, 0, 300);
    require(sink->flush() == Status::kOk, "flush");
    record(*sink, 300, 320);
    require(sink->close() == Status::kOk, "close");
  });
  ASSERT_EQ(child.wait(), 0);
  expect_replay(320, Status::kEnd);
}

}  // namespace
}  // namespace ringmain::testing
