// ringmain sub: receives to standard output.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <memory>
#include <string>

#include "commands.hpp"
#include "delivery.hpp"
#include "failure.hpp"
#include "producer_wait.hpp"
#include "ring_state.hpp"
#include "ringmain/consumer.hpp"

namespace ringmain::cli {
namespace {

struct Sub {
  std::string name;
  ConsumerOptions consumer;
  Framing framing = Framing::kRaw;
  std::uint64_t count = 0;  // 0: all
  bool verbose = false;
};

constexpr const char* kFooter =
    "Ends with 0 when the producer has closed the ring and everything is received, with 10 when it died instead.\n"
    "\n"
    "Without --group every consumer receives every message. The members of a group share them: each message goes\n"
    "to one of them, and is written before it is released, so that another receives it should this one be killed.\n"
    "\n"
    "--wait without a duration waits for ever; a duration is joined to it: --wait=2s. A ring without a producer\n"
    "and without anything to receive counts as one that isn't there yet.\n"
    "\n"
    "Examples:\n"
    "  ringmain sub log --lines --from oldest\n"
    "  ringmain sub jobs --lines --wait --group workers | xargs -n1 convert\n";

std::string loss(std::uint64_t lost) { return fmt::format("{} message{} lost", lost, lost == 1 ? "" : "s"); }

Failure ended(Status status) {
  const char* remedy = "";
  switch (status) {
    case Status::kProducerLost: remedy = "; with --outlive-producer a consumer waits for the next one"; break;
    case Status::kEvicted: remedy = "; read faster, or create the ring with a larger --capacity"; break;
    case Status::kCorrupt: remedy = "; remove it (ringmain rm) and start its producer again"; break;
    default: break;
  }
  return {status, std::string(describe(status)) + remedy};
}

// Whatever is received next; what was gathered is written before it waits.
Message next(Consumer& consumer, Delivery& delivery) {
  if (Message message = consumer.try_receive()) return message;
  delivery.flush();
  return consumer.receive();
}

void receive_all(const Sub& sub, Consumer& consumer, Delivery& delivery, ProducerWait& wait) {
  std::uint64_t received = 0;
  while (sub.count == 0 || received < sub.count) {
    Message message = next(consumer, delivery);
    if (!message) {
      const bool no_producer = message.status() == Status::kEnd || message.status() == Status::kProducerLost;
      if (no_producer && wait.go_on()) continue;
      delivery.flush();
      if (message.status() == Status::kEnd) return;
      throw ended(message.status());
    }
    wait.stop();
    if (sub.verbose && message.lost() > 0) {
      report(fmt::format("sub {}: {} before position {}", sub.name, loss(message.lost()), message.position()));
    }
    if (delivery.deliver(message)) ++received;
  }
  delivery.flush();
}

int receive_to_output(const Sub& sub) {
  ProducerWait wait(sub.name, sub.consumer);
  Consumer consumer = Consumer::attach(sub.name, sub.consumer);
  const auto ring = look_at(sub.name, sub.consumer.directory);
  const bool lasting =
      ring && ring->policy == Policy::kWait && ring->evict_after.count() == 0 && !sub.consumer.spectator;
  Delivery delivery(sub.framing, {.in_place = lasting, .at_once = !sub.consumer.group.empty()});
  int status = 0;
  try {
    receive_all(sub, consumer, delivery, wait);
  } catch (...) {
    status = report_current_exception("sub " + sub.name);
  }
  if (const std::uint64_t lost = consumer.lost() + delivery.torn(); lost > 0) {
    report(
        fmt::format("sub {}: {}: the producer overtook this consumer; read faster, or create the ring with a larger "
                    "--capacity",
                    sub.name, loss(lost)));
  }
  return status;
}

std::string read_start(const std::string& text, Start& start) {
  if (text == "oldest" || text == "latest") {
    start = text == "oldest" ? Start::oldest() : Start::latest();
    return {};
  }
  std::uint64_t position = 0;
  if (!read_number(text, position).empty()) return fmt::format("'{}' is not oldest, latest or a position", text);
  start = Start::at(position);
  return {};
}

std::string read_count(const std::string& text, std::uint64_t& count) {
  const std::string wrong = read_number(text, count);
  return wrong.empty() && count == 0 ? "must be at least 1" : wrong;
}

void add_consumer_options(CLI::App& parser, ConsumerOptions& consumer) {
  CLI::Option* group =
      parser.add_option("--group", consumer.group, "Share the messages with the members of this group");
  group->type_name("GROUP");
  parser
      .add_flag("--durable", consumer.durable, "The group keeps its place, and the producer waiting, without members")
      ->needs(group);
  const auto from = [&consumer](const std::string& text) { return read_start(text, consumer.start); };
  add_value(parser, {"--from", "START", from},
            "Where a new group starts: oldest, latest or a position [default: latest]");
  const auto wait = [&consumer](const std::string& text) { return read_duration(text, consumer.wait_for_ring); };
  const std::string waits = "Wait for the ring and its producer [default: for ever]";
  parser.add_flag("--wait{forever}", waits)->type_name("[=DURATION]")->check(wait);
  parser
      .add_flag("--spectator", consumer.spectator,
                "Watch without write access: never holds the producer up, may lose messages")
      ->excludes(group);
  parser.add_flag("--outlive-producer", consumer.outlive_producer,
                  "Go on when the producer dies and a new one takes over");
  add_spin(parser, consumer.spin);
}

}  // namespace

Command add_sub(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("sub", "Receive to standard output");
  parser.footer(kFooter);
  auto sub = std::make_shared<Sub>();
  add_name(parser, sub->name);
  add_directory(parser, sub->consumer.directory);
  add_framing(parser, sub->framing);
  add_consumer_options(parser, sub->consumer);
  const auto count = [sub](const std::string& text) { return read_count(text, sub->count); };
  add_value(parser, {"--count", "N", count}, "End after so many messages");
  parser.add_flag("--verbose", sub->verbose, "Report lost messages at once, not only at the end");
  return {&parser, [sub] { return receive_to_output(*sub); }};
}

}  // namespace ringmain::cli
