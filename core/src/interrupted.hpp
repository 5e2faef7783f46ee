// System calls that a signal may interrupt: none that did nothing yet is an error, each is made again. (Waits are not made
// again: every return of one is followed by a look.)
// SPDX-License-Identifier: MIT
#pragma once

#include <cerrno>

namespace ringmain {

// What `call` returns, the last time that it is made. -1 is a failure, as in errno's.
template <class Call>
auto uninterrupted(Call&& call) noexcept {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

}  // namespace ringmain
