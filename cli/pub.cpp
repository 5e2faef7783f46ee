// ringmain pub: publishes standard input. ringmain tee: and passes it on to standard output.
// SPDX-License-Identifier: MIT
#include <CLI/CLI.hpp>
#include <memory>

#include "commands.hpp"
#include "interruption.hpp"
#include "publication.hpp"
#include "ring_options.hpp"

namespace ringmain::cli {
namespace {

constexpr const char* kPubFooter =
    "Creates the ring, or goes on with one whose producer died or closed it. The end of the input closes the ring:\n"
    "consumers receive what is left and end. Who comes later can read what is kept: ringmain sub NAME --from oldest.\n"
    "A ring with --keep isn't closed: its consumers wait for the next pub, until it is removed.\n"
    "\n"
    "A consumer that is behind makes the producer wait, unless --overwrite or --evict-after say otherwise. Consumers\n"
    "that come later than the first message miss it, unless --wait-for says to wait for them.\n"
    "\n"
    "Ctrl-C ends the input: what is complete is published and the ring closed. Input that fails (a frame that is\n"
    "truncated, a line too long) leaves the ring open: consumers then end with 10, and so know that it is incomplete.\n"
    "\n"
    "Examples:\n"
    "  tail -f /var/log/syslog | ringmain pub log --lines --overwrite\n"
    "  zstdcat big.zst | ringmain pub big --chunk 1M --capacity 64M --wait-for 3\n"
    "  generate | ringmain pub load --lines --rate 1000 --count 60000\n"
    "                             a minute's worth\n"
    "  yes | ringmain pub answers --sigpipe\n"
    "                             ends when its last reader has left\n";

constexpr const char* kTeeFooter =
    "Like pub, and what was read goes on to standard output as well, unchanged, before it is published. A reader of "
    "standard output that leaves ends it, as it ends tee; one that is slow holds it up, as a slow consumer does.\n"
    "\n"
    "Examples:\n"
    "  tcpdump -U -w - | ringmain tee cap --lossy | gzip > day.pcap.gz\n"
    "                             and who wants to, looks: ringmain sub cap\n";

void add_options(CLI::App& parser, Publication& pub) {
  add_name(parser, pub.name);
  add_directory(parser, pub.ring.directory);
  const auto consumers = [&pub](const std::string& text) { return read_number(text, pub.consumers); };
  add_value(parser, {"--wait-for", "N", consumers},
            "Wait until so many groups are attached (a consumer without --group is one)");
  parser.add_flag("--sigpipe", pub.outlet.end_with_consumers,
                  "End when the last consumer has left, as the writer of a pipe does: by SIGPIPE");
  parser.add_flag("--rm", pub.remove_at_end, "Remove the ring at the end; who is attached still receives what is left");
  add_spin(parser, pub.ring.spin);
  add_limits(parser, pub.outlet.limits, /*exactly=*/true);
  add_rate(parser, pub.outlet.rate);
  add_account(parser, pub.account);
  add_framing(parser, pub.feed.framing);
  const auto chunk = [&pub](const std::string& text) { return read_size(text, pub.feed.chunk); };
  add_value(parser, {"--chunk", "SIZE", chunk}, "With --raw: the largest message [default: 64K]");
  for (CLI::Option* option : add_ring_options(parser, pub.ring)) option->group("A ring that doesn't exist yet");
}

Command add_command(CLI::App& parser, const char* footer, bool echo) {
  parser.footer(footer);
  auto pub = std::make_shared<Publication>();
  pub->command = parser.get_name();
  pub->parser = &parser;
  pub->echo = echo;
  add_options(parser, *pub);
  return {&parser, [pub] {
            const int status = publish_input(*pub);
            die_if_interrupted();
            return status;
          }};
}

}  // namespace

Command add_pub(CLI::App& root) {
  return add_command(*root.add_subcommand("pub", "Publish standard input"), kPubFooter, /*echo=*/false);
}

Command add_tee(CLI::App& root) {
  return add_command(*root.add_subcommand("tee", "Publish standard input, and pass it on to standard output"),
                     kTeeFooter,
                     /*echo=*/true);
}

}  // namespace ringmain::cli
