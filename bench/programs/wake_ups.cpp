// ringmain-wake-ups: what it costs to wait for a ring in an event loop. How long a round trip takes when both sides sleep
// in epoll, against a plain futex; and what a stream through an epoll loop asks of the kernel.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <stdexcept>

#include "carriers/futex.hpp"
#include "carriers/polled_ring.hpp"
#include "harness/clock.hpp"
#include "harness/contest.hpp"
#include "harness/machine.hpp"
#include "harness/processes.hpp"
#include "harness/temporary_directory.hpp"
#include "workloads/round_trip.hpp"

namespace {

using namespace ringmain;
using namespace ringmain::bench;

constexpr std::size_t kBytes = 48;
constexpr std::uint64_t kThinkNs = 30'000;  // longer than any way to bed

template <class Carrier, class... Arguments>
void add(Contestants& contestants, const char* name, const Arguments&... arguments) {
  auto contestant = std::make_unique<RoundTrip<Carrier>>(name, Payload{kBytes}, arguments...);
  contestant->think_for(kThinkNs);
  contestants.push_back(std::move(contestant));
}

void wake_each_other(const ContestOptions& options) {
  const TemporaryDirectory directory;
  const RingSetup setup{directory.path(), std::size_t{1} << 20, std::chrono::nanoseconds(0)};
  Contestants contestants;
  add<Futex>(contestants, "plain futex", kBytes);
  add<Ring>(contestants, "ring, receive()", setup);
  add<PolledRing>(contestants, "ring, epoll loop", setup);
  const Outcome outcome = run_contest(contestants, options);
  fmt::print("\nround trip, {} B, both sides asleep [us]\n", kBytes);
  for (std::size_t i = 0; i < contestants.size(); ++i) {
    const Spread time = outcome.ns_per_message(i);
    const Spread ratio = outcome.ratio(i, 0);
    fmt::print("  {:<18} {:>6.2f}  quartiles {:.2f} .. {:.2f}; {:.2f} x a plain futex, quartiles {:.2f} .. {:.2f}\n",
               contestants[i]->name(), time.median / 1e3, time.low / 1e3, time.high / 1e3, ratio.median, ratio.low,
               ratio.high);
  }
}

// One message each `pause_ns`; 0: as fast as possible.
void produce(Producer& producer, std::uint64_t messages, std::uint64_t pause_ns) {
  producer.wait_for_consumers(1);
  const std::vector<std::byte> payload(kBytes);
  std::uint64_t due = now_ns();
  for (std::uint64_t i = 0; i < messages; ++i) {
    for (due += pause_ns; pause_ns != 0 && now_ns() < due;) bench::pause();
    if (producer.publish(payload) != Status::kOk) throw std::runtime_error("publish");
  }
  producer.close();
}

void consume(EpollLoop& loop, std::uint64_t messages) {
  std::uint64_t received = 0;
  Status ended = Status::kOk;
  while (ended == Status::kOk) {
    const Message message = loop.receive();
    ended = message.status();
    if (message) ++received;
  }
  if (ended != Status::kEnd || received != messages) throw_status("receive", ended);
  // An arming is a membarrier() and an io_uring_enter() at most.
  fmt::print("  {} messages: {} armings, {} epoll_wait(); at most {:.4f} system calls a message\n", received,
             loop.arms(), loop.waits(),
             static_cast<double>(2 * loop.arms() + loop.waits()) / static_cast<double>(received));
}

void stream(std::uint64_t messages, std::uint64_t pause_ns) {
  const TemporaryDirectory directory;
  const CpuPair cpus = cpu_pair();
  const std::string name = next_ring_name();
  Processes processes;
  processes.start("producer", cpus.first, [&] {
    auto producer = Producer::create(name, {.directory = directory.path(), .capacity = std::size_t{8} << 20});
    produce(producer, messages, pause_ns);
  });
  processes.start("epoll loop", cpus.second, [&] {
    EpollLoop loop(Consumer::attach(name, {.directory = directory.path(), .wait_for_ring = std::chrono::seconds(10)}));
    consume(loop, messages);
  });
  processes.wait(std::chrono::seconds(300));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"What it costs to wait for a ring in an event loop"};
  ContestOptions options;
  std::uint64_t messages = 1'000'000;
  app.add_option("--rounds", options.rounds, "rounds of each way to wait; 0: only the streams")->capture_default_str();
  app.add_option("--messages", messages, "of each stream")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    catch_interrupts();
    print_machine();
    if (options.rounds > 0) wake_each_other(options);
    for (const unsigned pause_ns : {0U, 1'000U, 10'000U}) {
      fmt::print("\nstream through an epoll loop, {}\n",
                 pause_ns == 0 ? "as fast as possible" : fmt::format("one message each {} us", pause_ns / 1'000));
      std::fflush(stdout);
      stream(messages, pause_ns);
    }
    return 0;
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringmain-wake-ups: {}\n", error.what());
    return 1;
  }
}
