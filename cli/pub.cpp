// ringmain pub: publishes standard input.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "commands.hpp"
#include "failure.hpp"
#include "feed.hpp"
#include "input.hpp"
#include "interruption.hpp"
#include "ring_options.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::cli {
namespace {

struct Pub {
  std::string name;
  RingOptions ring;
  Feed feed;
  std::size_t consumers = 0;
  bool remove_at_end = false;
  const CLI::App* parser = nullptr;  // which options were given

  bool given(const std::string& option) const { return parser->count(option) > 0; }
};

constexpr const char* kFooter =
    "Creates the ring, or goes on with one whose producer died or closed it. The end of the input closes the ring:\n"
    "consumers receive what is left and end. Who comes later can read what is kept: ringmain sub NAME --from oldest.\n"
    "\n"
    "A consumer that is behind makes the producer wait, unless --overwrite or --evict-after say otherwise. Consumers\n"
    "that come later than the first message miss it, unless --wait-for says to wait for them.\n"
    "\n"
    "Ctrl-C ends the input: what is complete is published and the ring closed. Input that fails (a frame that is\n"
    "truncated, a line too long) leaves the ring open: consumers then end with 10, and so know that it is incomplete.\n"
    "\n"
    "Examples:\n"
    "  tail -f /var/log/syslog | ringmain pub log --lines --overwrite\n"
    "  zstdcat big.zst | ringmain pub big --chunk 1M --capacity 64M --wait-for 3\n";

// What only a ring's birth decides, and this ring was born otherwise.
void report_ignored(const Pub& pub) {
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
  report(fmt::format("pub {0}: the ring exists, {1} ignored; to create it anew: ringmain rm {0}", pub.name,
                     fmt::join(ignored, ", ")));
}

Producer open_ring(const Pub& pub) {
  OpenOptions options;
  options.directory = pub.ring.directory;
  options.spin = pub.ring.spin;
  Producer producer = Producer::open(pub.name, options);
  report_ignored(pub);
  return producer;
}

Producer create_or_open(const Pub& pub) {
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
                    fmt::format("pub {0}: what has this name is no ring; ringmain rm {0}", pub.name));
    }
  }
}

void wait_for_consumers(const Pub& pub, Producer& producer) {
  constexpr std::chrono::milliseconds kPatience{100};  // the longest time until an interruption is noticed
  while (!interrupted()) {
    const Status status = producer.wait_for_consumers(pub.consumers, kPatience);
    if (status == Status::kOk) return;
    if (status != Status::kTimedOut) throw Failure(status, describe(status));
  }
}

// Ends without closing the ring: its consumers learn that what they have is incomplete.
[[noreturn]] void abandon(const Pub& pub, Producer& producer) {
  const int status = report_current_exception("pub " + pub.name);
  try {
    if (pub.remove_at_end) producer.remove();
  } catch (const Error&) {
    report_current_exception();
  }
  std::_Exit(status);
}

// Returns the exit status.
int publish_input(const Pub& pub) {
  check_input();
  catch_interruptions();
  Producer producer = create_or_open(pub);
  try {
    wait_for_consumers(pub, producer);
    if (const std::size_t dropped = feed(producer, pub.feed); dropped > 0) {
      report(fmt::format("pub {}: interrupted: the last {} bytes read are not published", pub.name, dropped));
    }
  } catch (...) {
    abandon(pub, producer);
  }
  if (pub.remove_at_end) {
    producer.close_and_remove();
  } else {
    producer.close();
  }
  return 0;
}

}  // namespace

Command add_pub(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("pub", "Publish standard input");
  parser.footer(kFooter);
  auto pub = std::make_shared<Pub>();
  pub->parser = &parser;
  add_name(parser, pub->name);
  add_directory(parser, pub->ring.directory);
  const auto consumers = [pub](const std::string& text) { return read_number(text, pub->consumers); };
  add_value(parser, {"--wait-for", "N", consumers},
            "Wait until so many groups are attached (a consumer without --group is one)");
  parser.add_flag("--rm", pub->remove_at_end,
                  "Remove the ring at the end; who is attached still receives what is left");
  add_spin(parser, pub->ring.spin);
  add_framing(parser, pub->feed.framing);
  const auto chunk = [pub](const std::string& text) { return read_size(text, pub->feed.chunk); };
  add_value(parser, {"--chunk", "SIZE", chunk}, "With --raw: the largest message [default: 64K]");
  for (CLI::Option* option : add_ring_options(parser, pub->ring)) option->group("A ring that doesn't exist yet");
  return {&parser, [pub] {
            const int status = publish_input(*pub);
            die_if_interrupted();
            return status;
          }};
}

}  // namespace ringmain::cli
