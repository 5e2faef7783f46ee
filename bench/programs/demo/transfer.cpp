// SPDX-License-Identifier: MIT
#include "programs/demo/transfer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "harness/barrier.hpp"
#include "harness/clock.hpp"
#include "harness/processes.hpp"
#include "harness/shared_memory.hpp"
#include "harness/temporary_directory.hpp"
#include "ringmain/consumer.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::bench {
namespace {

constexpr std::size_t kOffsetBytes = sizeof(std::uint64_t);  // in front of every chunk: its place in the stream
constexpr std::size_t kRingBytes = std::size_t{16} << 20;
constexpr const char* kRingName = "demo";
constexpr std::chrono::seconds kTimeLimit{90};

struct Board {
  Barrier everybody_is_here{1 + kBroadcastConsumers + kWorkers};
  std::uint64_t begin_ns = 0;
  std::array<std::uint64_t, kBroadcastConsumers + kWorkers> end_ns{};
  std::array<BroadcastReport, kBroadcastConsumers> broadcast{};
  std::array<std::uint64_t, kWorkers> chunks{};
};

class Transfer {
 public:
  Transfer(const Source& source, const Reference& reference)
      : source_(source), chunk_reports_(kWorkers * reference.chunks), chunks_(reference.chunks) {}

  TransferReport run() {
    Processes processes;
    processes.start("producer", Processes::kAnyCpu, [this] { produce(); });
    for (std::size_t i = 0; i < kBroadcastConsumers; ++i) {
      processes.start(fmt::format("broadcast consumer {}", i + 1), Processes::kAnyCpu, [=, this] { consume_all(i); });
    }
    for (std::size_t i = 0; i < kWorkers; ++i) {
      processes.start(fmt::format("worker {}", i + 1), Processes::kAnyCpu, [=, this] { consume_share(i); });
    }
    processes.wait(kTimeLimit);
    return collect();
  }

 private:
  // The files are read straight into the ring.
  void produce() {
    Producer producer = Producer::create(kRingName, {.directory = directory_.path(), .capacity = kRingBytes});
    board_->everybody_is_here.wait();
    board_->begin_ns = now_ns();
    std::uint64_t offset = 0;
    Claim claim;
    for_each_chunk(
        source_,
        [&](std::size_t size) {
          claim = producer.claim(kOffsetBytes + size);
          if (!claim) throw std::runtime_error(describe(claim.status()));
          std::memcpy(claim.bytes().data(), &offset, kOffsetBytes);
          return claim.bytes().subspan(kOffsetBytes);
        },
        [&] {
          offset += claim.bytes().size() - kOffsetBytes;
          claim.commit();
        });
    producer.close();
  }

  // Attaches, then calls use(offset, bytes) for every message until the producer closes.
  template <class Use>
  void consume(const std::string& group, std::uint64_t& end_ns, Use use) {
    Consumer consumer = Consumer::attach(
        kRingName, {.directory = directory_.path(), .group = group, .wait_for_ring = std::chrono::seconds(10)});
    board_->everybody_is_here.wait();
    for (;;) {
      const Message message = consumer.receive();
      if (message.status() == Status::kEnd) break;
      if (!message) throw std::runtime_error(describe(message.status()));
      std::uint64_t offset = 0;
      if (message.bytes().size() < kOffsetBytes) throw std::runtime_error("a message is too short");
      std::memcpy(&offset, message.bytes().data(), kOffsetBytes);
      use(offset, message.bytes().subspan(kOffsetBytes));
    }
    end_ns = now_ns();
  }

  void consume_all(std::size_t index) {
    BroadcastReport report;
    Sha256 whole;
    consume("", board_->end_ns[index], [&](std::uint64_t offset, std::span<const std::byte> bytes) {
      if (offset != report.bytes) {
        throw std::runtime_error(fmt::format("expected offset {}, got {}", report.bytes, offset));
      }
      whole.add(bytes);
      report.bytes += bytes.size();
      ++report.messages;
    });
    report.whole = whole.finish();
    board_->broadcast[index] = report;
  }

  void consume_share(std::size_t index) {
    std::uint64_t& count = board_->chunks[index];
    Sha256 one;
    consume("workers", board_->end_ns[kBroadcastConsumers + index],
            [&](std::uint64_t offset, std::span<const std::byte> bytes) {
              if (count == chunks_) throw std::runtime_error("more messages than were sent");
              one.add(bytes);
              chunk_reports_[index * chunks_ + count++] = {offset, bytes.size(), one.finish()};
            });
  }

  TransferReport collect() const {
    TransferReport report;
    report.broadcast = board_->broadcast;
    for (std::size_t i = 0; i < kWorkers; ++i) {
      const auto share = chunk_reports_.all().subspan(i * chunks_, board_->chunks[i]);
      report.workers[i].assign(share.begin(), share.end());
    }
    const std::uint64_t end_ns = *std::max_element(board_->end_ns.begin(), board_->end_ns.end());
    report.seconds = static_cast<double>(end_ns - board_->begin_ns) / 1e9;
    return report;
  }

  const Source& source_;
  TemporaryDirectory directory_;
  Shared<Board> board_;
  Shared<ChunkReport> chunk_reports_;
  std::size_t chunks_;
};

}  // namespace

TransferReport run_transfer(const Source& source, const Reference& reference) {
  return Transfer(source, reference).run();
}

void prove_broadcast(const BroadcastReport& report, const Source& source, const Reference& reference) {
  if (report.bytes != source.bytes || report.messages != reference.chunks) {
    throw std::runtime_error(fmt::format("a broadcast consumer got {} bytes in {} messages, not {} in {}", report.bytes,
                                         report.messages, source.bytes, reference.chunks));
  }
  if (report.whole != reference.whole) {
    throw std::runtime_error("the SHA-256 of a broadcast consumer is not that of the files");
  }
}

void prove_group(std::span<const std::vector<ChunkReport>> workers, const Source& source, const Reference& reference) {
  std::vector<ChunkReport> all;
  for (const std::vector<ChunkReport>& worker : workers) {
    if (worker.empty()) throw std::runtime_error("a worker of the group got no message at all");
    all.insert(all.end(), worker.begin(), worker.end());
  }
  std::sort(all.begin(), all.end(), [](const ChunkReport& a, const ChunkReport& b) { return a.offset < b.offset; });
  Sha256 digests;
  std::uint64_t reached = 0;
  for (const ChunkReport& chunk : all) {
    if (chunk.offset != reached) {
      throw std::runtime_error(fmt::format("the group's messages {} at offset {}",
                                           chunk.offset < reached ? "overlap" : "leave a gap", reached));
    }
    reached += chunk.bytes;
    digests.add(chunk.digest);
  }
  if (reached != source.bytes || all.size() != reference.chunks) {
    throw std::runtime_error(fmt::format("the group got {} bytes, not {}", reached, source.bytes));
  }
  if (digests.finish() != reference.chunk_digests) {
    throw std::runtime_error("the SHA-256 of the group's chunks is not that of the files");
  }
}

}  // namespace ringmain::bench
