// From one carrier to another, as a command: what relay, record and replay do.
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "account.hpp"
#include "options.hpp"
#include "ringmain/transport/address.hpp"

namespace ringmain::cli {

struct Passage {
  std::string who;  // "relay", "record numbers"
  Limits limits{};
  transport::Rate rate{};
  AccountOptions account{};
};

void add_passage(CLI::App& parser, Passage& passage);  // --count, --bytes, --rate, --progress, --stats

// Until the source ends, a limit or an interruption. Returns the exit status. Throws Failure and Error.
int pass(const transport::Address& source, const transport::Address& sink, const Passage& passage);

}  // namespace ringmain::cli
