// The rows about what happens seldom: a consumer dies, and nothing happens at all.
// SPDX-License-Identifier: MIT
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <ctime>
#include <thread>
#include <vector>

#include "carriers/ring.hpp"
#include "harness/clock.hpp"
#include "harness/processes.hpp"
#include "harness/shared_memory.hpp"
#include "harness/temporary_directory.hpp"
#include "programs/bench/limits/row.hpp"

namespace ringmain::bench {
namespace {

constexpr auto kPatience = std::chrono::seconds(10);

Consumer attach(const TemporaryDirectory& directory, const char* ring) {
  return Consumer::attach(ring, {.directory = directory.path(), .wait_for_ring = kPatience});
}

Line line(std::string name, LineKind kind, const std::vector<double>& figures, double limit) {
  const Spread figure = spread(figures);
  return {std::move(name), kind, figure, {figure.low / limit, figure.median / limit, figure.high / limit}, 0};
}

// Milliseconds from a kill -9 until the kernel has buried the process, and until the producer goes on.
struct Death {
  double buried = 0;
  double producer_waited = 0;
};

double ms_since(std::uint64_t begin_ns) { return static_cast<double>(now_ns() - begin_ns) / 1e6; }

// Kills after a moment, so that the producer is asleep by then; returns when.
std::uint64_t kill_later(pid_t pid, unsigned round, double& buried_ms) {
  const Descriptor handle(static_cast<int>(check(::syscall(SYS_pidfd_open, pid, 0), "pidfd_open")));
  std::this_thread::sleep_for(std::chrono::milliseconds(20 + 7 * (round % 10)));
  const std::uint64_t killed_ns = now_ns();
  ::kill(pid, SIGKILL);
  pollfd buried{handle.get(), POLLIN, 0};
  ::poll(&buried, 1, -1);
  buried_ms = ms_since(killed_ns);
  return killed_ns;
}

// A consumer that reads nothing holds the producer of a small ring; then it dies.
Death die_once(unsigned round) {
  const TemporaryDirectory directory;
  Processes processes;
  const pid_t consumer = processes.start("consumer", Processes::kAnyCpu, [&] {
    const Consumer held = attach(directory, "grave");
    for (;;) ::pause();
  });
  Producer producer = Producer::create("grave", {.directory = directory.path(), .capacity = std::size_t{64} << 10});
  const Status attached = producer.wait_for_consumers(1, kPatience);
  if (attached != Status::kOk) throw_status("wait_for_consumers", attached);
  const std::array<std::byte, 48> payload{};
  while (producer.try_publish(payload) == Status::kOk) continue;
  Death death;
  std::uint64_t killed_ns = 0;
  std::thread killer([&] { killed_ns = kill_later(consumer, round, death.buried); });
  const Status status = producer.publish_for(payload, kPatience);
  const std::uint64_t free_ns = now_ns();
  killer.join();
  if (status != Status::kOk) throw_status("publish", status);
  death.producer_waited = static_cast<double>(free_ns - killed_ns) / 1e6;
  processes.kill(consumer);
  return death;
}

RowResult death(const Settings& settings) {
  std::vector<double> buried;
  std::vector<double> waited;
  for (unsigned round = 0; round < settings.rounds; ++round) {
    const Death found = die_once(round);
    buried.push_back(found.buried);
    waited.push_back(found.producer_waited);
    throw_if_interrupted();
  }
  const double limit = spread(buried).median;
  const double worst = quantile(waited, 1);
  return {{line("until buried", LineKind::kLimit, buried, limit),
           line("until the producer goes on", LineKind::kRing, waited, limit),
           line("the same, at worst", LineKind::kRing, {worst}, limit)},
          0,
          2};
}

std::uint64_t cpu_ns(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0) throw_errno("CPU clock");
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

// The CPU that a consumer uses while it is blocked on a silent ring, in percent of one core.
RowResult idle(const Settings& /*settings*/) {
  constexpr auto kWatched = std::chrono::seconds(10);
  const TemporaryDirectory directory;
  Processes processes;
  const pid_t consumer = processes.start("consumer", Processes::kAnyCpu, [&] {
    Consumer waiting = attach(directory, "silence");
    const Message never = waiting.receive();
  });
  const Producer producer = Producer::create("silence", {.directory = directory.path()});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // until it is attached and asleep
  const std::uint64_t before = cpu_ns(consumer);
  std::this_thread::sleep_for(kWatched);
  const double used = static_cast<double>(cpu_ns(consumer) - before) / std::chrono::nanoseconds(kWatched).count();
  processes.kill(consumer);
  return {
      {line("nothing", LineKind::kLimit, {0}, 1), line("blocked consumer", LineKind::kRing, {100 * used}, 1)}, 0, 1};
}

}  // namespace

std::vector<Row> incident_rows() {
  return {
      {"death",
       "producer's wait after a consumer's kill -9, at worst",
       "ms",
       {Target::Sense::kAtMost, 100, "ms"},
       death},
      {"idle", "CPU of a blocked consumer over 10 s", "%", {Target::Sense::kAtMost, 0.1, "%"}, idle},
  };
}

}  // namespace ringmain::bench
