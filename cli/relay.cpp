// ringmain relay: receives here, sends there.
// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>
#include <string>

#include "commands.hpp"
#include "interruption.hpp"
#include "passage.hpp"
#include "ringmain/transport/address.hpp"

namespace ringmain::cli {
namespace {

struct Relay {
  std::string source;
  std::string sink;
  Passage passage{.who = "relay"};
};

std::string options_of(const transport::Carrier& carrier) {
  using End = transport::CarrierOption::End;
  std::string text;
  for (const transport::CarrierOption& option : carrier.options) {
    const char* end = option.end == End::kSource ? "source: " : option.end == End::kSink ? "sink: " : "";
    const std::string name = fmt::format("{}{}{}", option.name, option.value.empty() ? "" : "=", option.value);
    text += fmt::format("      {:<23} {}{}\n", name, end, option.description);
  }
  return text;
}

std::string footer() {
  std::string text = "Addresses: SCHEME:TARGET?OPTION=VALUE&OPTION\n";
  for (const transport::Carrier& carrier : transport::carriers()) {
    text += fmt::format("  {:<27} {}\n{}", carrier.synopsis, carrier.description, options_of(carrier));
  }
  return text +
         "\n"
         "Sockets and queues: the source listens, the sink connects to it. The end of the source closes the sink; a "
         "source\n"
         "that fails leaves it open, so that whoever receives there learns that the stream is incomplete.\n"
         "\n"
         "Examples:\n"
         "  ringmain relay ring:cap tcp:10.0.0.2:7000          here, and on the other machine\n"
         "  ringmain relay tcp:*:7000 ring:cap\n"
         "  ringmain relay 'unix:/run/feed?reconnect' 'ring:feed?overwrite'\n";
}

}  // namespace

Command add_relay(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("relay", "Receive from one carrier, send to another");
  parser.footer(footer());
  auto relay = std::make_shared<Relay>();
  parser.add_option("SOURCE", relay->source, "Where messages come from")->required()->type_name({});
  parser.add_option("SINK", relay->sink, "Where they go to")->required()->type_name({});
  add_passage(parser, relay->passage);
  return {&parser, [relay] {
            const int status =
                pass(transport::Address::parse(relay->source), transport::Address::parse(relay->sink), relay->passage);
            die_if_interrupted();
            return status;
          }};
}

}  // namespace ringmain::cli
