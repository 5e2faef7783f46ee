// How the tool fails: a message "WHAT: WHY; REMEDY" on stderr, and an exit status that says what kind it was.
// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "ringmain/error.hpp"

namespace ringmain::cli {

// The exit status is the number of the Status that ended the tool, but for these.
inline constexpr int kIoFailure = 1;  // of standard input or output
inline constexpr int kUsage = 2;
inline constexpr int kCommand = 3;  // of sub --exec: it failed for a message that was passed over, or can't be run

class Failure : public std::runtime_error {
 public:
  Failure(int exit_status, const std::string& message) : std::runtime_error(message), exit_status_(exit_status) {}
  Failure(Status status, const std::string& message) : Failure(static_cast<int>(status), message) {}

  int exit_status() const noexcept { return exit_status_; }

 private:
  int exit_status_;
};

// A read or write of a standard stream that failed with `system_error`.
Failure io_failure(std::string_view stream, int system_error);

// Says it on stderr: "ringmain: MESSAGE".
void report(std::string_view message);

// Reports the exception that is being handled; returns the exit status. `who` goes before a Failure: "pub numbers".
int report_current_exception(std::string_view who = {});

// For --help: what the exit statuses mean.
std::string exit_statuses();

}  // namespace ringmain::cli
