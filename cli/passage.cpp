// SPDX-License-Identifier: MIT
#include "passage.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "failure.hpp"
#include "interruption.hpp"
#include "ringmain/transport/relay.hpp"

namespace ringmain::cli {
namespace {

void note(const transport::RelayCounters& counters, Tally& tally) noexcept {
  tally.messages.store(counters.messages, std::memory_order_relaxed);
  tally.bytes.store(counters.bytes, std::memory_order_relaxed);
  tally.lost.store(counters.lost, std::memory_order_relaxed);
  tally.redelivered.store(counters.redelivered, std::memory_order_relaxed);
}

}  // namespace

void add_passage(CLI::App& parser, Passage& passage) {
  add_limits(parser, passage.limits, /*exactly=*/false);
  add_rate(parser, passage.rate);
  add_account(parser, passage.account);
}

int pass(const transport::Address& source_address, const transport::Address& sink_address, const Passage& passage) {
  catch_interruptions();
  const auto source = transport::open_source(source_address);
  const auto sink = transport::open_sink(sink_address);
  Account account(passage.who, passage.account);
  transport::RelayCounters counters;
  transport::RelayOptions options;
  options.limit = passage.limits.messages;
  options.byte_limit = passage.limits.bytes;
  options.rate = passage.rate;
  options.stop = &interruption();
  options.progress_period = std::chrono::milliseconds(200);
  options.progress = [&](const transport::RelayCounters& now) { note(now, account.tally()); };
  int status = 0;
  try {
    transport::relay(*source, *sink, counters, options);
    account.end_progress();
    if (interrupted() && source->incomplete() > 0) {
      report(fmt::format("{}: interrupted: the last {} bytes received are no whole message, and not sent", passage.who,
                         source->incomplete()));
    }
  } catch (...) {
    account.end_progress();
    status = report_current_exception(passage.who);
  }
  note(counters, account.tally());
  account.summarise();
  if (!passage.account.stats && counters.lost > 0) {
    report(fmt::format("{}: {} messages lost of {}", passage.who, counters.lost, counters.lost + counters.messages));
  }
  return status;
}

}  // namespace ringmain::cli
