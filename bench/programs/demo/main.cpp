// ringmain-demo: moves real files between real processes, proves that nothing was lost or damaged, and compares the
// ring with what the system offers and with what the machine can do at most.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <exception>
#include <span>

#include "harness/machine.hpp"
#include "harness/processes.hpp"
#include "programs/demo/comparison.hpp"
#include "programs/demo/source.hpp"
#include "programs/demo/transfer.hpp"

namespace {

using namespace ringmain::bench;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

double gib(std::uint64_t bytes) { return static_cast<double>(bytes) / static_cast<double>(1024 * kMiB); }

void print_source(const Source& source, const Reference& reference) {
  fmt::print("Source     {} files of {}: {:.2f} GiB, {} messages of at most {} KiB\n", source.files.size(),
             source.with_programs ? "/usr/lib and /usr/bin" : "/usr/lib", gib(source.bytes), reference.chunks,
             kChunkBytes >> 10);
  if (source.passes > 1) fmt::print("           (this machine has few files: {} times over)\n", source.passes);
  fmt::print("           SHA-256 {}..., made of the files themselves\n\n", abbreviate(reference.whole));
}

void print_worker(std::size_t number, const std::vector<ChunkReport>& worker, const Source& source) {
  std::uint64_t bytes = 0;
  for (const ChunkReport& chunk : worker) bytes += chunk.bytes;
  fmt::print("  worker {}       {:>6} messages  {:.2f} GiB  {:.0f} %\n", number, worker.size(), gib(bytes),
             100.0 * static_cast<double>(bytes) / static_cast<double>(source.bytes));
}

void transfer(const Source& source) {
  const Reference reference = digest_source(source);
  print_source(source, reference);
  fmt::print("Transfer   one producer, two broadcast consumers, one group of two workers: five processes\n");
  const TransferReport report = run_transfer(source, reference);
  for (std::size_t i = 0; i < report.broadcast.size(); ++i) {
    const BroadcastReport& broadcast = report.broadcast[i];
    prove_broadcast(broadcast, source, reference);
    fmt::print("  broadcast {}    {:>6} messages  {:.2f} GiB  SHA-256 {}... as the files\n", i + 1, broadcast.messages,
               gib(broadcast.bytes), abbreviate(broadcast.whole));
  }
  for (std::size_t i = 0; i < report.workers.size(); ++i) print_worker(i + 1, report.workers[i], source);
  prove_group(report.workers, source, reference);
  fmt::print(
      "  the group      {:>6} messages  {:.2f} GiB  every byte exactly once, SHA-256 of every chunk as the files\n",
      reference.chunks, gib(source.bytes));
  const double seconds = report.seconds;
  const double delivered = 3 * static_cast<double>(source.bytes);
  fmt::print("  {:.2f} s: {:.0f} messages/s, {:.2f} GB/s in, {:.2f} GB/s out to three groups, hashing included\n\n",
             seconds, static_cast<double>(reference.chunks) / seconds,
             static_cast<double>(source.bytes) / seconds / 1e9, delivered / seconds / 1e9);
}

void compare(const ContestOptions& options) {
  if (allowed_cpus().size() < 2) {
    fmt::print("Comparison left out: it needs two CPUs, and this process may use one only.\n");
    return;
  }
  fmt::print(
      "Comparison two processes, payload written by one and read by the other; {} interleaved rounds of {} ms\n\n",
      options.rounds, options.round_time.count());
  const Comparison comparison = compare_carriers(options);
  print_comparison(comparison);
  fmt::print(
      "\n  raw cache line: plain shared memory, the least that two cores can do: the physical limit. x limit: the\n"
      "  median of the rounds' ratios. Percentiles: every trip timed, the clock's own cost subtracted.\n");
  if (comparison.spread > 0.3) {
    fmt::print("  The rounds differ by {:.0f} %: something else is busy on this machine.\n", 100 * comparison.spread);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Streams real files through a ring to broadcast consumers and a group, proves it, and measures"};
  std::uint64_t least = 256;
  std::uint64_t most = 2048;
  ContestOptions options;
  app.add_option("--least-mib", least, "stream at least this much")->capture_default_str();
  app.add_option("--most-mib", most, "stream at most this much")->capture_default_str();
  app.add_option("--rounds", options.rounds, "rounds of each carrier")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    catch_interrupts();
    print_machine();
    transfer(find_source(least * kMiB, most * kMiB));
    compare(options);
    return 0;
  } catch (const Interrupted& interrupted) {
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    fmt::print(stderr, "ringmain-demo: {}\n", error.what());
    return 1;
  }
}
