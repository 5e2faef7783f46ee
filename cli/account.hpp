// What a pipeline's end has moved so far, and how it tells: a progress line while it works, a summary when it is done.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include "cli11.hpp"

namespace ringmain::cli {

// One thread counts, the one that shows the progress reads.
struct Tally {
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint64_t> redelivered{0};

  void count(std::size_t size) noexcept {
    add(messages, 1);
    add(bytes, size);
  }
  // relaxed: nothing depends on it. One thread writes, so it needs no read-modify-write.
  static void add(std::atomic<std::uint64_t>& counter, std::uint64_t more) noexcept {
    counter.store(counter.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
};

struct AccountOptions {
  bool stats = false;
  bool progress = false;
};

void add_account(CLI::App& parser, AccountOptions& options);  // --stats, --progress

class Account {
 public:
  // `who` begins each line: "pub numbers". The progress goes to stderr: to a terminal as one line that changes, to
  // anything else as a line each second.
  Account(std::string who, const AccountOptions& options);
  ~Account();  // ends the progress

  Tally& tally() noexcept { return tally_; }
  const Tally& tally() const noexcept { return tally_; }

  void end_progress() noexcept;                  // before anything else goes to stderr
  void summarise(const std::string& more = {});  // ends the progress; with --stats says what there was, and `more`

 private:
  class Progress;

  std::string who_;
  AccountOptions options_;
  Tally tally_{};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::unique_ptr<Progress> progress_{};
};

}  // namespace ringmain::cli
