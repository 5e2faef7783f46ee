// SPDX-License-Identifier: MIT
#include "failure.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <new>
#include <system_error>

namespace ringmain::cli {

Failure io_failure(std::string_view stream, int system_error) {
  const std::string why = std::generic_category().message(system_error);
  switch (system_error) {
    case EBADF: return {kIoFailure, fmt::format("{}: {}; it is closed, or open the wrong way", stream, why)};
    case ENOSPC:
    case EDQUOT: return {kIoFailure, fmt::format("{}: {}; make room and start again", stream, why)};
    default: return {kIoFailure, fmt::format("{}: {}", stream, why)};
  }
}

void report(std::string_view message) {
  // One write, so that the messages of several processes don't mix; nobody is left to tell if it fails.
  const std::string line = fmt::format("ringmain: {}\n", message);
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int report_current_exception(std::string_view who) {
  try {
    throw;
  } catch (const Failure& failure) {
    report(who.empty() ? failure.what() : fmt::format("{}: {}", who, failure.what()));
    return failure.exit_status();
  } catch (const Error& error) {
    report(error.what());
    return static_cast<int>(error.status());
  } catch (const std::bad_alloc&) {
    report("out of memory; use smaller messages");
  } catch (const std::exception& error) {
    report(error.what());
  }
  return static_cast<int>(Status::kSystem);
}

std::string exit_statuses() {
  constexpr int kLast = 63;  // the numbers are far from used up; those that mean nothing are skipped
  std::string text =
      "Exit status:\n"
      "   0  done; for sub: the producer closed the ring and everything was received\n"
      "   1  standard input or output failed, or a frame of the input is truncated\n"
      "   2  wrong usage\n"
      "   3  the command of sub failed for a message that was passed over (--tries), or can't be run\n";
  for (int number = static_cast<int>(Status::kProducerLost); number <= kLast; ++number) {
    const std::string_view meaning = describe(static_cast<Status>(number));
    if (meaning != describe(Status{-1})) text += fmt::format("  {:>2}  {}\n", number, meaning);
  }
  return text;
}

}  // namespace ringmain::cli
