// ringmain relay: receives here, sends there.
// SPDX-License-Identifier: MIT
#include "ringmain/transport/relay.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>

#include "commands.hpp"
#include "failure.hpp"
#include "interruption.hpp"
#include "quantity.hpp"
#include "ringmain/transport/address.hpp"

namespace ringmain::cli {
namespace {

struct Relay {
  std::string source;
  std::string sink;
  std::uint64_t count = 0;  // 0: all
  bool progress = false;
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

std::string told(const transport::RelayCounters& counters) {
  std::string text = fmt::format("{} messages, {}", counters.messages, human_bytes(counters.bytes));
  if (counters.lost > 0) text += fmt::format(", {} lost", counters.lost);
  if (counters.redelivered > 0) text += fmt::format(", {} redelivered", counters.redelivered);
  return text;
}

int run_relay(const Relay& relay) {
  catch_interruptions();
  const auto source = transport::open_source(relay.source);
  const auto sink = transport::open_sink(relay.sink);
  transport::RelayCounters counters;
  transport::RelayOptions options;
  options.limit = relay.count;
  options.stop = &interruption();
  if (relay.progress) {
    options.progress_period = std::chrono::seconds(1);
    options.progress = [](const transport::RelayCounters& now) { report("relay: " + told(now)); };
  }
  int status = 0;
  try {
    transport::relay(*source, *sink, counters, options);
    if (interrupted() && source->incomplete() > 0) {
      report(fmt::format("relay: interrupted: the last {} bytes received are no whole message, and not sent",
                         source->incomplete()));
    }
  } catch (...) {
    status = report_current_exception("relay");
  }
  if (!relay.progress && counters.lost > 0) report("relay: " + told(counters));
  return status;
}

}  // namespace

Command add_relay(CLI::App& root) {
  CLI::App& parser = *root.add_subcommand("relay", "Receive from one carrier, send to another");
  parser.footer(footer());
  auto relay = std::make_shared<Relay>();
  parser.add_option("SOURCE", relay->source, "Where messages come from")->required()->type_name({});
  parser.add_option("SINK", relay->sink, "Where they go to")->required()->type_name({});
  const auto count = [relay](const std::string& text) { return read_number(text, relay->count); };
  add_value(parser, {"--count", "N", count}, "End after so many messages");
  parser.add_flag("--progress", relay->progress, "Tell every second how far it is");
  return {&parser, [relay] {
            const int status = run_relay(*relay);
            die_if_interrupted();
            return status;
          }};
}

}  // namespace ringmain::cli
