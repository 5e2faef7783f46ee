// Standard input into a ring, whose producer this process is: what pub and tee do.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include "cli11.hpp"

#include "account.hpp"
#include "feed.hpp"
#include "outlet.hpp"
#include "ringmain/producer.hpp"

namespace ringmain::cli {

struct Publication {
  std::string command;  // "pub" or "tee"
  std::string name;
  RingOptions ring;
  Feed feed;
  OutletOptions outlet;
  AccountOptions account;
  std::size_t consumers = 0;  // to wait for
  bool remove_at_end = false;
  bool echo = false;                 // to standard output, too
  const CLI::App* parser = nullptr;  // which options were given

  bool given(const std::string& option) const;
  std::string who() const { return command + " " + name; }
};

// Creates the ring, or takes it over; publishes standard input. Returns the exit status, or ends the process as a pipe's
// writer is ended. Throws Failure and Error.
int publish_input(const Publication& pub);

}  // namespace ringmain::cli
