// Workers of one named group share the messages: each goes to one of them, and none is lost when a worker dies.
// Here a worker is killed with a message in its hands; another gets that message again, marked as redelivered.
// SPDX-License-Identifier: MIT
#include <ringmain/channel.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <thread>

using Jobs = ringmain::Channel<std::uint64_t>;

struct Report {  // what a worker tells its parent, through a pipe
  std::uint64_t jobs = 0;
  std::uint64_t sum = 0;
  std::uint64_t redelivered = 0;
};

// A durable group keeps its place, and what its dead held, also while no member is alive.
Jobs::Consumer join() { return Jobs::attach("jobs", {.group = "workers", .durable = true}); }

int die_at_work() {
  auto consumer = join();
  const auto job = consumer.receive();
  kill(getpid(), SIGKILL);
  return 1;
}

int work(int pipe_end) {
  auto consumer = join();
  Report report;
  while (const auto job = consumer.receive()) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));  // the work
    ++report.jobs;
    report.sum += *job;
    if (job.redelivered()) ++report.redelivered;
  }
  return write(pipe_end, &report, sizeof report) == sizeof report ? 0 : 1;
}

int main() {
  constexpr std::uint64_t kJobs = 1000;
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) return 1;

  auto producer = Jobs::create("jobs");
  if (fork() == 0) _exit(die_at_work());
  producer.wait_for_consumers(1);  // the group
  if (producer.publish(1) != ringmain::Status::kOk) return 1;
  wait(nullptr);  // killed, with job 1

  for (int worker = 0; worker < 2; ++worker) {
    if (fork() == 0) _exit(work(pipe_ends[1]));
  }
  for (std::uint64_t i = 2; i <= kJobs; ++i) {
    if (producer.publish(i) != ringmain::Status::kOk) return 1;
  }
  producer.close();

  Report all;
  for (int worker = 0; worker < 2; ++worker) {
    Report report;
    if (read(pipe_ends[0], &report, sizeof report) != sizeof report) return 1;
    std::printf("a worker did %llu jobs\n", static_cast<unsigned long long>(report.jobs));
    all.jobs += report.jobs;
    all.sum += report.sum;
    all.redelivered += report.redelivered;
  }
  while (wait(nullptr) > 0) {
  }
  ringmain::remove("jobs", {}, true);
  return all.jobs == kJobs && all.sum == kJobs * (kJobs + 1) / 2 && all.redelivered == 1 ? 0 : 1;
}
