// ringmain-instructions: does one thing a given number of times, for bench/instructions to run it under callgrind. A
// producer and a consumer in one process, 32-byte messages, a ring that is never full.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <span>
#include <string>
#include <string_view>

#include "harness/temporary_directory.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"

namespace {

using namespace ringmain;

constexpr std::size_t kBytes = 32;
using Payload = std::array<std::uint64_t, kBytes / sizeof(std::uint64_t)>;

// Keeps the compiler from knowing what is in memory, at no instruction's cost.
void touch(const void* memory) { asm volatile("" ::"r"(memory) : "memory"); }

// noexcept, lest the loops be counted with the unwinding that they never do.
[[noreturn, gnu::cold]] void fail(Status status) noexcept {
  fmt::print(stderr, "ringmain-instructions: {}\n", describe(status));
  std::exit(1);
}

// What the other loops spend on themselves.
[[gnu::noinline]] void loop_only(std::uint64_t count) {
  Payload payload{};
  for (std::uint64_t i = 0; i < count; ++i) {
    payload[0] = i;
    touch(payload.data());
  }
}

[[gnu::noinline]] void publish(Producer& producer, std::uint64_t count) {
  Payload payload{};
  for (std::uint64_t i = 0; i < count; ++i) {
    payload[0] = i;
    touch(payload.data());
    const Status status = producer.publish(std::as_bytes(std::span(payload)));
    if (status != Status::kOk) fail(status);
  }
}

// The payload is written by the caller, so it costs nothing here but its first word.
[[gnu::noinline]] void claim_and_commit(Producer& producer, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    Claim claim = producer.claim(kBytes);
    if (!claim) fail(claim.status());
    std::memcpy(claim.bytes().data(), &i, sizeof i);
    claim.commit();
  }
}

[[gnu::noinline]] void receive(Consumer& consumer, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const Message message = consumer.receive();
    if (!message) fail(message.status());
    touch(message.bytes().data());
  }
}

void run(std::string_view what, std::uint64_t count) {
  if (what == "loop") return loop_only(count);
  const bench::TemporaryDirectory directory;
  const std::size_t room = std::bit_ceil(64 * (count + 2));
  Producer producer = Producer::create("counted", {.directory = directory.path(), .capacity = room});
  Consumer consumer = Consumer::attach("counted", {.directory = directory.path()});
  if (what == "claim") {
    claim_and_commit(producer, count);
  } else {
    publish(producer, count);
  }
  if (what == "publish+receive") receive(consumer, count);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::array<std::string_view, 4> kTasks{"loop", "publish", "claim", "publish+receive"};
  const std::string_view what = argc == 3 ? argv[1] : "";
  if (std::find(kTasks.begin(), kTasks.end(), what) == kTasks.end()) {
    fmt::print(stderr, "usage: ringmain-instructions loop|publish|claim|publish+receive COUNT\n");
    return 2;
  }
  try {
    run(what, std::stoull(argv[2]));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringmain-instructions: {}\n", error.what());
    return 1;
  }
}
