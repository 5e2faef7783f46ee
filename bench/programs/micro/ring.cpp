// Micro-benchmarks of the ring's verbs, by size of message: producer and consumer in one thread, so that no line
// travels and what is left is the code itself.
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "harness/clock.hpp"
#include "harness/temporary_directory.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::bench {
namespace {

constexpr std::size_t kCapacity = std::size_t{8} << 20;

// A ring with its only consumer.
class Pair {
 public:
  explicit Pair(std::size_t message_bytes)
      : producer(Producer::create("micro", {.directory = directory_.path(), .capacity = kCapacity})),
        consumer(Consumer::attach("micro", {.directory = directory_.path()})), payload(message_bytes),
        at_once(std::min<std::uint64_t>(1024, kCapacity / 2 / (message_bytes + 80))) {}

 private:
  TemporaryDirectory directory_;  // must be there first and gone last

 public:
  Producer producer;
  Consumer consumer;
  std::vector<std::byte> payload;
  std::uint64_t at_once;  // messages that fit into the ring without waiting

  void publish_all(benchmark::State& state) {
    for (std::uint64_t i = 0; i < at_once; ++i) {
      if (producer.try_publish(payload) != Status::kOk) state.SkipWithError("publish failed");
    }
  }

  void receive_all(benchmark::State& state) {
    for (std::uint64_t i = 0; i < at_once; ++i) {
      const Message message = consumer.try_receive();
      if (!message) state.SkipWithError("receive failed");
      benchmark::DoNotOptimize(message.bytes().data());
    }
  }
};

// Each iteration times one half of the ring's work on many messages and does the other half untimed.
template <class Timed, class Untimed>
void run(benchmark::State& state, std::uint64_t messages, Timed timed, Untimed untimed) {
  for (auto _ : state) {
    const std::uint64_t begin = now_ns();
    timed();
    state.SetIterationTime(static_cast<double>(now_ns() - begin) / 1e9);
    untimed();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(messages));
}

void publish(benchmark::State& state) {
  Pair pair(static_cast<std::size_t>(state.range(0)));
  run(
      state, pair.at_once, [&] { pair.publish_all(state); }, [&] { pair.receive_all(state); });
}

void claim_commit(benchmark::State& state) {
  Pair pair(static_cast<std::size_t>(state.range(0)));
  const auto claim_all = [&] {
    for (std::uint64_t i = 0; i < pair.at_once; ++i) {
      Claim claim = pair.producer.try_claim(pair.payload.size());
      if (!claim) state.SkipWithError("claim failed");
      benchmark::DoNotOptimize(claim.bytes().data());
      claim.commit();
    }
  };
  run(state, pair.at_once, claim_all, [&] { pair.receive_all(state); });
}

void publish_batch(benchmark::State& state) {
  constexpr std::size_t kBatch = 16;
  Pair pair(static_cast<std::size_t>(state.range(0)));
  const std::vector<std::span<const std::byte>> batch(std::min<std::size_t>(kBatch, pair.at_once), pair.payload);
  pair.at_once = batch.size();
  const auto publish_batch = [&] {
    if (pair.producer.publish_batch(batch) != Status::kOk) state.SkipWithError("publish_batch failed");
  };
  run(state, batch.size(), publish_batch, [&] { pair.receive_all(state); });
}

void receive(benchmark::State& state) {
  Pair pair(static_cast<std::size_t>(state.range(0)));
  pair.publish_all(state);
  run(
      state, pair.at_once, [&] { pair.receive_all(state); }, [&] { pair.publish_all(state); });
}

void poll(benchmark::State& state) {
  Pair pair(static_cast<std::size_t>(state.range(0)));
  pair.publish_all(state);
  const auto poll_all = [&] {
    const auto handler = [](const Message& message) { benchmark::DoNotOptimize(message.bytes().data()); };
    if (pair.consumer.poll(handler, pair.at_once).messages != pair.at_once) state.SkipWithError("poll failed");
  };
  run(state, pair.at_once, poll_all, [&] { pair.publish_all(state); });
}

void copying_read(benchmark::State& state) {
  Pair pair(static_cast<std::size_t>(state.range(0)));
  std::vector<std::byte> buffer(pair.payload.size());
  pair.publish_all(state);
  const auto read_all = [&] {
    for (std::uint64_t i = 0; i < pair.at_once; ++i) {
      if (!pair.consumer.try_read(buffer)) state.SkipWithError("read failed");
    }
  };
  run(state, pair.at_once, read_all, [&] { pair.publish_all(state); });
}

// One message in, one message out.
void publish_receive(benchmark::State& state) {
  Pair pair(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    if (pair.producer.try_publish(pair.payload) != Status::kOk) state.SkipWithError("publish failed");
    const Message message = pair.consumer.try_receive();
    if (!message) state.SkipWithError("receive failed");
    benchmark::DoNotOptimize(message.bytes().data());
  }
  state.SetItemsProcessed(state.iterations());
}

#define RINGMAIN_BENCH_BY_SIZE ->RangeMultiplier(8)->Range(8, 1 << 18)->UseManualTime()
BENCHMARK(publish) RINGMAIN_BENCH_BY_SIZE;
BENCHMARK(claim_commit) RINGMAIN_BENCH_BY_SIZE;
BENCHMARK(publish_batch) RINGMAIN_BENCH_BY_SIZE;
BENCHMARK(receive) RINGMAIN_BENCH_BY_SIZE;
BENCHMARK(poll) RINGMAIN_BENCH_BY_SIZE;
BENCHMARK(copying_read) RINGMAIN_BENCH_BY_SIZE;
BENCHMARK(publish_receive)->RangeMultiplier(8)->Range(8, 1 << 18);

}  // namespace
}  // namespace ringmain::bench
