// ringmain sub: receives to standard output, or to a command for each message.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "commands.hpp"
#include "crew.hpp"
#include "failure.hpp"
#include "interruption.hpp"
#include "reception.hpp"

namespace ringmain::cli {
namespace {

struct Sub {
  ReceptionOptions reception;
  std::uint64_t jobs = 1;
};

constexpr const char* kSubFooter =
    "Ends with 0 when the producer has closed the ring and everything is received, with 10 when it died instead.\n"
    "\n"
    "Without --group every consumer receives every message. The members of a group share them: each message goes\n"
    "to one of them, and is written before it is released, so that another receives it should this one be killed.\n"
    "\n"
    "With a command each message is dealt with by one run of it: --exec 'CMD {}' gives the message as an argument (no\n"
    "shell is between), -- CMD as standard input. A run that ends with 0 acknowledges the message. Any other gives it\n"
    "back: another member of the group receives it, or this one again, with RINGMAIN_REDELIVERED=1 in its "
    "environment.\n"
    "\n"
    "--wait without a duration waits for ever; a duration is joined to it: --wait=2s. A ring without a producer\n"
    "and without anything to receive counts as one that isn't there yet.\n"
    "\n"
    "Examples:\n"
    "  ringmain sub log --lines --from oldest\n"
    "  ringmain sub jobs --lines --wait --group workers | xargs -n1 convert\n"
    "  ringmain sub jobs --wait --group w --jobs 4 --exec 'convert {} small/'\n"
    "  ringmain sub orders --wait --group billing --durable --tries 3 -- ./bill\n"
    "  ringmain sub cap --bytes 1G --stats > sample\n";

void add_consumer_options(CLI::App& parser, ConsumerOptions& consumer) {
  CLI::Option* group =
      parser.add_option("--group", consumer.group, "Share the messages with the members of this group");
  group->type_name("GROUP");
  parser
      .add_flag("--durable", consumer.durable, "The group keeps its place, and the producer waiting, without members")
      ->needs(group);
  const auto from = [&consumer](const std::string& text) { return read_start(text, consumer.start); };
  add_value(parser, {"--from", "START", from},
            "Where a new group starts: oldest, last (published), latest (the next) or a position [default: latest]");
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

void add_command_options(CLI::App& parser, Sub& sub) {
  ReceptionOptions& reception = sub.reception;
  const auto exec = [&reception](const std::string& command) {
    reception.command = split_words(command);
    reception.input = Worker::Input::kArgument;
  };
  const auto tries = [&reception](const std::string& text) { return read_count(text, reception.tries); };
  const auto jobs = [&sub](const std::string& text) {
    const std::string wrong = read_count(text, sub.jobs);
    return wrong.empty() && sub.jobs > kMaxConsumers ? fmt::format("must be {} at most", kMaxConsumers) : wrong;
  };
  CLI::Option* words =
      parser.add_option("COMMAND", reception.command, "After --: run it for each message, which it reads");
  words->type_name({});
  CLI::Option* each =
      parser.add_option_function<std::string>("--exec", exec, "Run this for each message, which stands for {}");
  each->type_name("'CMD {}'")->excludes(words);
  add_value(parser, {"--tries", "N", tries}, "Pass a message over after so many failures here [default: no end]");
  add_value(parser, {"--jobs", "N", jobs}, "Be so many members of the group, each a process; the killed are replaced")
      ->needs(parser.get_option("--group"))
      ->excludes(parser.get_option("--count"), parser.get_option("--bytes"));  // of whom?
  for (const char* option : {"--exec", "--tries", "--jobs"})
    parser.get_option(option)->group("A command for each message");
}

int run(const Sub& sub) {
  catch_interruptions();
  if (sub.reception.command.empty()) {
    if (sub.reception.tries != 0) throw Failure(kUsage, "sub: --tries needs a command: --exec or --");
    if (sub.jobs > 1) {
      throw Failure(kUsage, "sub: --jobs needs a command, --exec or --: what several write would be mixed up");
    }
  }
  if (sub.jobs == 1) return receive(sub.reception);
  return run_crew(sub.reception.who(), sub.jobs, [&](const std::atomic<bool>& one_has_ended) {
    ReceptionOptions reception = sub.reception;
    reception.too_late = &one_has_ended;
    try {
      return receive(reception);
    } catch (...) {
      return report_current_exception(sub.reception.who());
    }
  });
}

}  // namespace

Command add_sub(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("sub", "Receive to standard output, or to a command for each message");
  parser.footer(kSubFooter);
  auto sub = std::make_shared<Sub>();
  ReceptionOptions& reception = sub->reception;
  add_name(parser, reception.name);
  add_directory(parser, reception.consumer.directory);
  add_consumer_options(parser, reception.consumer);
  add_limits(parser, reception.limits, /*exactly=*/true);
  add_account(parser, reception.account);
  parser.add_flag("--verbose", reception.verbose, "Report lost and redelivered messages at once");
  add_framing(parser, reception.framing);
  add_command_options(parser, *sub);
  return {&parser, [sub] {
            const int status = run(*sub);
            die_if_interrupted();
            return status;
          }};
}

}  // namespace ringmain::cli
