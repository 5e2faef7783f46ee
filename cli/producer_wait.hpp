// Waiting for the producer of a ring, as --wait asks for it.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "ringmain/consumer.hpp"

namespace ringmain::cli {

// A ring whose last producer had closed it, or had died, before the consumer came: it waits for the next one. (The
// library's wait ends when the ring appears.)
class ProducerWait {
 public:
  ProducerWait(std::string name, const ConsumerOptions& options);  // before attaching

  // The consumer finds no producer and nothing to receive. True: look again, after a short sleep; false: that was the
  // end. Throws Failure when the time that --wait gives is over.
  bool go_on();

  void stop() noexcept { before_.reset(); }  // something was received

 private:
  std::string name_;
  std::filesystem::path directory_;
  std::chrono::nanoseconds patience_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::optional<Statistics> before_{};  // of the ring without producer; empty: nothing to wait for
};

}  // namespace ringmain::cli
