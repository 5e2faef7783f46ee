// ringmain record: a ring into a journal. ringmain replay: a journal into a ring.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "commands.hpp"
#include "interruption.hpp"
#include "passage.hpp"

namespace ringmain::cli {
namespace {

constexpr const char* kRecordFooter =
    "The journal is checksummed, keeps the time of each message, and is whole up to a torn tail, should the machine "
    "stop.\n"
    "A FILE that exists is refused, unless --append or --overwrite say otherwise. Ctrl-C ends it in good order.\n"
    "\n"
    "Examples:\n"
    "  ringmain record cap day.journal --wait --from oldest\n"
    "  ringmain record log week.journal --append --sync 1s --progress\n";

constexpr const char* kReplayFooter =
    "Without --pace as fast as it goes. --from: a message's number, a time (2026-11-21T18:00:00Z), 10s behind the "
    "first,\n"
    "-10s before the last. Creates the ring, or goes on with one whose producer died or closed it, as pub does.\n"
    "\n"
    "Examples:\n"
    "  ringmain replay day.journal again --wait-for 1\n"
    "  ringmain replay day.journal again --pace recorded --from 2026-11-21T18:00:00Z\n"
    "  ringmain replay day.journal again --pace 10 --capacity 64M\n";

// An option of the command that is one of the address, by the same name.
class Forwarded {
 public:
  Forwarded(CLI::App& parser, transport::Address::Options& options) : parser_(parser), options_(options) {}

  void value(const std::string& name, const std::string& type, const std::string& description) const {
    parser_
        .add_option_function<std::string>(
            "--" + name, [target = &options_, name](const std::string& text) { target->emplace_back(name, text); },
            description)
        ->type_name(type);
  }
  CLI::Option* flag(const std::string& name, const std::string& description) const {
    return parser_.add_flag_callback(
        "--" + name, [target = &options_, name] { target->emplace_back(name, ""); }, description);
  }

 private:
  CLI::App& parser_;
  transport::Address::Options& options_;
};

struct Journaling {
  std::string ring;
  std::string file;
  transport::Address::Options ring_options{};
  transport::Address::Options file_options{};
  Passage passage{};
};

void add_places(CLI::App& parser, Journaling& journaling, bool file_first) {
  const auto add_file = [&] { parser.add_option("FILE", journaling.file, "The journal")->required()->type_name({}); };
  if (file_first) add_file();
  add_name(parser, journaling.ring);
  if (!file_first) add_file();
  Forwarded(parser, journaling.ring_options)
      .value("dir", "DIR", "Where the rings are [default: $RINGMAIN_DIR, else /dev/shm]");
}

template <class Run>
Command command_of(CLI::App& parser, std::shared_ptr<Journaling> journaling, Run run) {
  return {&parser, [journaling = std::move(journaling), run] {
            const int status = run(*journaling);
            die_if_interrupted();
            return status;
          }};
}

transport::Address ring_of(const Journaling& journaling) {
  return transport::Address::of("ring", journaling.ring, journaling.ring_options);
}
transport::Address file_of(const Journaling& journaling) {
  return transport::Address::of("file", journaling.file, journaling.file_options);
}

}  // namespace

Command add_record(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("record", "Record a ring in a journal");
  parser.footer(kRecordFooter);
  auto journaling = std::make_shared<Journaling>();
  add_places(parser, *journaling, /*file_first=*/false);
  const Forwarded ring(parser, journaling->ring_options);
  ring.value("from", "START",
             "Where to begin: oldest, last (published), latest (the next) or a position [default: latest]");
  parser.add_flag_callback(
      "--wait", [ring = &journaling->ring_options] { ring->emplace_back("wait", "forever"); }, "Wait for the ring");
  ring.flag("outlive-producer", "Go on when the producer dies and a new one takes over");
  ring.flag("spectator", "Watch without write access: never holds the producer up, may lose messages");
  const Forwarded file(parser, journaling->file_options);
  file.flag("append", "Go on with a journal that exists")
      ->excludes(file.flag("overwrite", "Replace a file that exists"));
  file.value("sync", "WHEN", "Write through to the disk: always, never or every DURATION [default: when closed]");
  add_passage(parser, journaling->passage);
  return command_of(parser, journaling, [](Journaling& record) {
    record.passage.who = "record " + record.ring;
    return pass(ring_of(record), file_of(record), record.passage);
  });
}

Command add_replay(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("replay", "Replay a journal into a ring");
  parser.footer(kReplayFooter);
  auto journaling = std::make_shared<Journaling>();
  add_places(parser, *journaling, /*file_first=*/true);
  const Forwarded file(parser, journaling->file_options);
  file.value("from", "PLACE", "Where to begin [default: 0, the first message]");
  file.value("pace", "PACE", "recorded, or so many times as fast: 2, 0.5 [default: full speed]");
  file.flag("follow", "Go on as the journal is being recorded");
  const Forwarded ring(parser, journaling->ring_options);
  ring.value("wait-for", "N", "Wait until so many groups are attached");
  ring.value("capacity", "SIZE", "Bytes of a ring that doesn't exist yet [default: 8M]");
  ring.flag("overwrite", "Likewise: never wait for consumers: who misses messages learns how many");
  ring.flag("keep", "Likewise: it stays until it is removed, and its consumers wait for the next producer");
  ring.flag("rm", "Remove the ring at the end; who is attached still receives what is left");
  add_passage(parser, journaling->passage);
  return command_of(parser, journaling, [](Journaling& replay) {
    replay.passage.who = "replay " + replay.file;
    return pass(file_of(replay), ring_of(replay), replay.passage);
  });
}

}  // namespace ringmain::cli
