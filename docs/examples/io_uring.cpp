// A wait for a ring as an operation of one's own io_uring (liburing), beside a read from a pipe. Needs Linux 6.7.
// SPDX-License-Identifier: MIT
#include <ringmain/consumer.hpp>
#include <ringmain/producer.hpp>

#include <liburing.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>

using namespace std::chrono_literals;

constexpr std::uint64_t kMessages = 1000;

int produce(int pipe_end) {
  auto producer = ringmain::Producer::create("frames");
  producer.wait_for_consumers(1);
  for (std::uint64_t i = 0; i < kMessages; ++i) {
    if (i % 100 == 0) std::this_thread::sleep_for(5ms);
    if (producer.publish({}) != ringmain::Status::kOk) return 1;
    if (i == kMessages / 2 && write(pipe_end, "half way", 8) != 8) return 1;
  }
  return 0;  // closes the ring
}

// Which operations are under way. The address of its flag is an operation's user_data.
struct Loop {
  io_uring uring{};
  bool waiting = false;
  bool timing = false;
  bool reading = false;
  __kernel_timespec timeout{};
  char text[64]{};

  void push(const io_uring_sqe& operation, bool& flag) {
    io_uring_sqe* const entry = io_uring_get_sqe(&uring);
    *entry = operation;
    io_uring_sqe_set_data(entry, &flag);
    flag = true;
  }

  // False: there is a message by now.
  bool wait_for(ringmain::Consumer& consumer) {
    io_uring_sqe operation{};
    const auto at_most = consumer.prepare_wait(operation);
    if (at_most == 0ns) return false;
    push(operation, waiting);
    timeout.tv_nsec = at_most.count();
    return true;
  }

  void run_once(int pipe_end) {
    io_uring_sqe operation{};
    if (!timing) {  // a producer that dies rings no bell: look now and then
      io_uring_prep_timeout(&operation, &timeout, 0, 0);
      push(operation, timing);
    }
    if (!reading) {
      io_uring_prep_read(&operation, pipe_end, text, sizeof text, 0);
      push(operation, reading);
    }
    io_uring_submit_and_wait(&uring, 1);
    io_uring_cqe* done = nullptr;
    while (io_uring_peek_cqe(&uring, &done) == 0) {
      bool& flag = *static_cast<bool*>(io_uring_cqe_get_data(done));
      flag = false;
      if (&flag == &reading && done->res > 0) std::printf("the pipe says: %.*s\n", done->res, text);
      if (&flag == &waiting && done->res == -EINVAL) throw ringmain::Error(ringmain::Status::kSystem, "Linux < 6.7");
      io_uring_cqe_seen(&uring, done);
    }
  }
};

int main() try {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return 1;
  const pid_t child = fork();
  if (child == 0) _exit(produce(pipe_ends[1]));

  auto consumer = ringmain::Consumer::attach("frames", {.wait_for_ring = 10s});
  Loop loop;
  if (io_uring_queue_init(8, &loop.uring, 0) != 0) throw ringmain::Error(ringmain::Status::kSystem, "no io_uring");
  std::uint64_t received = 0;
  for (;;) {
    const auto poll = consumer.poll([&](const ringmain::Message&) { ++received; }, SIZE_MAX);
    if (poll.status != ringmain::Status::kEmpty) break;
    if (loop.waiting || loop.wait_for(consumer)) loop.run_once(pipe_ends[0]);
  }
  io_uring_queue_exit(&loop.uring);

  std::printf("%llu frames received\n", static_cast<unsigned long long>(received));
  wait(nullptr);
  ringmain::remove("frames", {}, true);
  return received == kMessages ? 0 : 1;
} catch (const ringmain::Error& error) {
  std::fprintf(stderr, "skipped: %s\n", error.what());
  return 77;
}
