// From a ring to a destination, as one consumer: what sub does.
// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "account.hpp"
#include "options.hpp"
#include "ringmain/consumer.hpp"
#include "worker.hpp"

namespace ringmain::cli {

struct ReceptionOptions {
  std::string name;
  ConsumerOptions consumer;
  Framing framing = Framing::kRaw;
  Limits limits;
  AccountOptions account;
  bool verbose = false;
  std::vector<std::string> command{};  // for each message; empty: standard output
  Worker::Input input = Worker::Input::kStandard;
  const std::atomic<bool>* too_late = nullptr;  // set: who waits for the ring needn't any more
  std::uint64_t tries = 0;                      // of a message by the command; then it is passed over. 0: no end

  std::string who() const { return "sub " + name; }
};

// Until the end of the stream, a limit or an interruption. Returns the exit status. Throws Failure and Error.
int receive(const ReceptionOptions& options);

}  // namespace ringmain::cli
