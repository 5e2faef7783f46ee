// SPDX-License-Identifier: MIT
#include "account.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include "failure.hpp"
#include "quantity.hpp"

namespace ringmain::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::uint64_t per_second(std::uint64_t count, double seconds) {
  return seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(count) / seconds) : 0;
}

std::string losses(const Tally& tally) {
  std::string text;
  if (const auto lost = tally.lost.load(std::memory_order_relaxed); lost > 0) text += fmt::format(", {} lost", lost);
  if (const auto again = tally.redelivered.load(std::memory_order_relaxed); again > 0) {
    text += fmt::format(", {} redelivered", again);
  }
  return text;
}

// Signals are for the thread that works: only there they interrupt what it waits for.
std::thread without_signals(std::function<void()> work) {
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

class Account::Progress {
 public:
  explicit Progress(const Account& account)
      : account_(account), in_place_(::isatty(STDERR_FILENO) == 1), thread_(without_signals([this] { run(); })) {}

  ~Progress() {
    {
      const std::scoped_lock lock(mutex_);
      over_ = true;
    }
    woken_.notify_one();
    thread_.join();
  }

 private:
  static constexpr std::chrono::seconds kPeriod{1};

  void run() {
    std::unique_lock lock(mutex_);
    while (!woken_.wait_for(lock, kPeriod, [&] { return over_; })) show();
    show();
    if (in_place_) std::fputc('\n', stderr);
  }

  void show() {
    const Tally& tally = account_.tally_;
    const auto now = Clock::now();
    const auto messages = tally.messages.load(std::memory_order_relaxed);
    const auto bytes = tally.bytes.load(std::memory_order_relaxed);
    const double since = seconds(now - shown_at_);
    const auto elapsed = static_cast<std::uint64_t>(seconds(now - account_.start_));
    const std::string line = fmt::format("{}: {} messages, {} in {}:{:02}:{:02}, {} messages/s, {}/s{}", account_.who_,
                                         messages, human_bytes(bytes), elapsed / 3600, elapsed / 60 % 60, elapsed % 60,
                                         per_second(messages - messages_, since),
                                         human_bytes(per_second(bytes - bytes_, since)), losses(tally));
    shown_at_ = now;
    messages_ = messages;
    bytes_ = bytes;
    if (in_place_) {
      fmt::print(stderr, "\r{}\033[K", line);
      std::fflush(stderr);
    } else {
      report(line);
    }
  }

  const Account& account_;
  bool in_place_;
  Clock::time_point shown_at_ = account_.start_;
  std::uint64_t messages_ = 0;  // when it was shown
  std::uint64_t bytes_ = 0;
  std::mutex mutex_{};
  std::condition_variable woken_{};
  bool over_ = false;
  std::thread thread_;  // the last: it uses all of the above
};

Account::Account(std::string who, const AccountOptions& options) : who_(std::move(who)), options_(options) {
  if (options_.progress) progress_ = std::make_unique<Progress>(*this);
}

Account::~Account() = default;

void Account::end_progress() noexcept { progress_.reset(); }

void Account::summarise(const std::string& more) {
  end_progress();
  if (!options_.stats) return;
  const double elapsed = seconds(Clock::now() - start_);
  const auto messages = tally_.messages.load(std::memory_order_relaxed);
  const auto bytes = tally_.bytes.load(std::memory_order_relaxed);
  report(fmt::format("{}: {} messages, {} in {:.3f} s: {} messages/s, {}/s{}{}", who_, messages, human_bytes(bytes),
                     elapsed, per_second(messages, elapsed), human_bytes(per_second(bytes, elapsed)), losses(tally_),
                     more));
}

void add_account(CLI::App& parser, AccountOptions& options) {
  parser.add_flag("--progress", options.progress, "Show on stderr how far it is, every second");
  parser.add_flag("--stats", options.stats, "Say on stderr at the end how much it was, and how fast");
}

}  // namespace ringmain::cli
