// ringmain-side: one side of a busy pair, for bench/system_calls to run under strace. Before the first message and
// after the last it makes a system call that can't be mistaken for another one.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "carriers/ring.hpp"
#include "harness/machine.hpp"
#include "workloads/payload.hpp"

namespace {

using namespace ringmain;
using namespace ringmain::bench;

constexpr std::size_t kBytes = 32;
constexpr EveryWord<kBytes> kPayload(kBytes);

// To no descriptor at all: it fails, and that is fine.
void mark(std::string_view text) { [[maybe_unused]] const ssize_t fails = ::write(-1, text.data(), text.size()); }

struct Options {
  std::string directory;
  std::uint64_t messages = 1'000'000;
  bool only_spins = false;
};

void produce(const Options& options, std::chrono::nanoseconds spin) {
  Producer producer = Producer::create("pair", {.directory = options.directory, .spin = spin});
  producer.wait_for_consumers(1);
  mark("begin");
  for (std::uint64_t seed = 0; seed < options.messages; ++seed) {
    Claim claim = producer.claim(kBytes);
    if (!claim) throw_status("claim", claim.status());
    kPayload.write(claim.bytes().data(), seed);
    claim.commit();
  }
  mark("end");
}

void consume(const Options& options, std::chrono::nanoseconds spin) {
  Consumer consumer = Consumer::attach(
      "pair", {.directory = options.directory, .wait_for_ring = std::chrono::seconds(10), .spin = spin});
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < options.messages; ++i) {
    const Message message = consumer.receive();
    if (!message) throw_status("receive", message.status());
    total += kPayload.sum(message.bytes().data());
    // From the second message on it is busy: the first one may have been slept for.
    if (i == 0) mark("begin");
  }
  mark("end");
  require_total(total, expected_total(kPayload, options.messages));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"One side of a busy pair"};
  Options options;
  std::string role;
  app.add_option("role", role, "producer or consumer")->required()->check(CLI::IsMember({"producer", "consumer"}));
  app.add_option("--directory", options.directory, "of the ring")->required();
  app.add_option("--messages", options.messages, "how many")->capture_default_str();
  app.add_flag("--only-spins", options.only_spins, "never sleeps");
  CLI11_PARSE(app, argc, argv);
  try {
    const CpuPair cpus = cpu_pair();
    const bool produces = role == "producer";
    pin_to_cpu(produces ? cpus.first : cpus.second);
    const std::chrono::nanoseconds spin = options.only_spins ? kForever : std::chrono::microseconds(20);
    produces ? produce(options, spin) : consume(options, spin);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringmain-side: {}: {}\n", role, error.what());
    return 1;
  }
}
