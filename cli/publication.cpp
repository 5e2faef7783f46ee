// SPDX-License-Identifier: MIT
#include "publication.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdlib>
#include <vector>

#include "failure.hpp"
#include "input.hpp"
#include "interruption.hpp"
#include "ring_state.hpp"

namespace ringmain::cli {
namespace {

// What only a ring's birth decides, and this ring was born otherwise.
void report_ignored(const Publication& pub) {
  const Statistics found = statistics(pub.name, pub.ring.directory);
  std::vector<std::string> ignored;
  const auto note = [&](const std::string& option, bool as_found) {
    if (pub.given(option) && !as_found) ignored.push_back(option);
  };
  note("--capacity", found.capacity == pub.ring.capacity);
  note("--overwrite", found.policy == Policy::kOverwrite);
  note("--evict-after", found.evict_after == pub.ring.evict_after);
  note("--keep", found.kept);
  for (const char* unknown : {"--mode", "--file-group", "--full-fences"}) note(unknown, false);
  if (ignored.empty()) return;
  report(fmt::format("{}: the ring exists, {} ignored; to create it anew: ringmain rm {}", pub.who(),
                     fmt::join(ignored, ", "), pub.name));
}

Producer open_ring(const Publication& pub) {
  OpenOptions options;
  options.directory = pub.ring.directory;
  options.spin = pub.ring.spin;
  Producer producer = Producer::open(pub.name, options);
  report_ignored(pub);
  return producer;
}

Producer create_or_open(const Publication& pub) {
  constexpr int kAttempts = 10;  // others may create and remove it at the same time
  for (int attempt = 1;; ++attempt) {
    try {
      return Producer::create(pub.name, pub.ring);
    } catch (const Error& error) {
      if (error.status() != Status::kExists) throw;
    }
    try {
      return open_ring(pub);
    } catch (const Error& error) {
      if (error.status() != Status::kNotFound) throw;
    }
    if (attempt == kAttempts) {
      throw Failure(Status::kNotARing,
                    fmt::format("{}: what has this name is no ring; ringmain rm {}", pub.who(), pub.name));
    }
  }
}

void wait_for_consumers(const Publication& pub, Producer& producer) {
  constexpr std::chrono::milliseconds kPatience{100};  // the longest time until an interruption is noticed
  while (!interrupted()) {
    const Status status = producer.wait_for_consumers(pub.consumers, kPatience);
    if (status == Status::kOk) return;
    if (status != Status::kTimedOut) throw Failure(status, describe(status));
  }
}

// Ends without closing the ring: its consumers learn that what they have is incomplete.
[[noreturn]] void give_up(const Publication& pub, Producer& producer) {
  const int status = report_current_exception(pub.who());
  try {
    if (pub.remove_at_end) producer.remove();
  } catch (const Error&) {
    report_current_exception();
  }
  std::_Exit(status);
}

// What a pipe does to its writer.
[[noreturn]] void die_of_sigpipe() {
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  std::_Exit(static_cast<int>(Status::kConsumerLost));  // it is blocked
}

void end(const Publication& pub, Producer& producer) {
  if (pub.remove_at_end) return producer.close_and_remove();
  producer.kept() ? producer.abandon() : producer.close();  // a kept ring waits for its next producer
}

// For the summary.
std::string waits(const Publication& pub) {
  const auto ring = look_at(pub.name, pub.ring.directory);
  return ring && ring->room_waits > 0 ? fmt::format("; the ring was full {} times", ring->room_waits) : std::string{};
}

}  // namespace

bool Publication::given(const std::string& option) const { return parser->count(option) > 0; }

int publish_input(const Publication& pub) {
  const Input input(pub.echo);
  catch_interruptions();
  Producer producer = create_or_open(pub);
  Account account(pub.who(), pub.account);
  Outlet outlet(producer, pub.outlet, account.tally());
  try {
    wait_for_consumers(pub, producer);
    const std::size_t dropped = feed(input, outlet, pub.feed);
    account.end_progress();
    if (interrupted() && dropped > 0) {
      report(fmt::format("{}: interrupted: the last {} bytes read are not published", pub.who(), dropped));
    }
  } catch (...) {
    account.end_progress();
    give_up(pub, producer);
  }
  account.summarise(waits(pub));
  end(pub, producer);
  if (outlet.deserted()) die_of_sigpipe();
  return 0;
}

}  // namespace ringmain::cli
