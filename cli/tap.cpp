// ringmain tap: looks at messages, without taking a place among the consumers.
// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "commands.hpp"
#include "ending.hpp"
#include "message_text.hpp"
#include "output.hpp"
#include "ringmain/consumer.hpp"

namespace ringmain::cli {
namespace {

struct Tap {
  std::string name;
  ConsumerOptions consumer{.spectator = true};
  Notation notation = Notation::kReadable;
  std::uint64_t count = 0;  // 0: all
  std::size_t bytes = 256;  // of each that are shown
  bool follow = true;
};

constexpr const char* kTapFooter =
    "Needs to read the ring, not to write: it holds nobody up, isn't seen by the producer, and may miss messages of\n"
    "a ring that is faster than it; then it says how many. The time is when it received the message.\n"
    "Ends with 0 when the producer has closed the ring, with 10 when it died instead.\n"
    "\n"
    "Examples:\n"
    "  ringmain tap numbers                                what goes through from now on\n"
    "  ringmain tap numbers --from oldest --no-follow      what is kept\n"
    "  ringmain tap numbers --json | jq -r .text\n";

// What was gathered is shown before it waits.
Message next(const Tap& tap, Consumer& consumer, Output& output) {
  if (Message message = consumer.try_receive()) return message;
  output.flush();
  return tap.follow ? consumer.receive() : consumer.try_receive();
}

// Nothing: it was overwritten meanwhile.
std::optional<Sample> copy_of(const Message& message, std::size_t bytes) {
  const auto* begin = reinterpret_cast<const char*>(message.bytes().data());
  Sample sample{.position = message.position(),
                .bytes = message.bytes().size(),
                .type = message.type(),
                .lost = message.lost(),
                .received = std::chrono::system_clock::now(),
                .shown = std::string(begin, std::min(bytes, message.bytes().size()))};
  if (!message.still_valid()) return std::nullopt;
  return sample;
}

int look_at_messages(const Tap& tap) {
  Consumer consumer = Consumer::attach(tap.name, tap.consumer);
  Output output;
  std::uint64_t torn = 0;  // overwritten while they were copied, which the next one's count of the lost leaves out
  for (std::uint64_t shown = 0; tap.count == 0 || shown < tap.count;) {
    const Message message = next(tap, consumer, output);
    if (message.status() == Status::kEnd || message.status() == Status::kEmpty) break;
    if (!message) throw ended(message.status());
    auto sample = copy_of(message, tap.bytes);
    if (!sample) {
      torn += 1 + message.lost();
      continue;
    }
    sample->lost += std::exchange(torn, 0);
    const std::string text = text_of(*sample, tap.notation);
    output.add({{{}, std::as_bytes(std::span(text)), {}}});
    ++shown;
  }
  output.flush();
  return 0;
}

void add_notation(CLI::App& parser, Notation& notation) {
  const auto add = [&](const char* name, Notation value, const char* description) {
    return parser.add_flag_callback(
        name, [&notation, value] { notation = value; }, description);
  };
  CLI::Option* text = add("--text", Notation::kText, "As text, what can't be read escaped [default: if all can be]");
  CLI::Option* hex = add("--hex", Notation::kHex, "In hexadecimal [default: else]");
  CLI::Option* json = add("--json", Notation::kJson, "For programs: each message a line of JSON");
  text->excludes(hex)->excludes(json);
  hex->excludes(json);
}

}  // namespace

Command add_tap(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("tap", "Look at messages without taking a place");
  parser.footer(kTapFooter);
  auto tap = std::make_shared<Tap>();
  add_name(parser, tap->name);
  add_directory(parser, tap->consumer.directory);
  const auto from = [tap](const std::string& text) { return read_start(text, tap->consumer.start); };
  add_value(parser, {"--from", "START", from},
            "Where to start: oldest, last (published), latest (the next) or a position [default: latest]");
  const auto count = [tap](const std::string& text) { return read_count(text, tap->count); };
  add_value(parser, {"--count", "N", count}, "End after so many messages");
  const auto bytes = [tap](const std::string& text) { return read_size(text, tap->bytes); };
  add_value(parser, {"--bytes", "SIZE", bytes}, "How much of each message to show [default: 256]");
  parser.add_flag("--follow,!--no-follow", tap->follow, "Wait for more when there is nothing more [default]");
  parser.add_flag("--outlive-producer", tap->consumer.outlive_producer,
                  "Go on when the producer dies and a new one takes over");
  add_notation(parser, tap->notation);
  return {&parser, [tap] { return look_at_messages(*tap); }};
}

}  // namespace ringmain::cli
