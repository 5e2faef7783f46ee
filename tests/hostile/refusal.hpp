// How a call is refused: each with a status of its own, and a message that names the thing and says what to do.
// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "ringmain/error.hpp"
#include "support/child.hpp"

namespace ringmain::testing {

struct Refusal {
  Status status = Status::kOk;  // not refused
  std::string message{};        // as what() shows it
};

template <class Call>
Refusal refusal_of(Call&& call) {
  try {
    std::forward<Call>(call)();
  } catch (const Error& error) {
    return {error.status(), error.what()};
  }
  return {};
}

// The call is refused with this status, and its message contains all of these words.
template <class Call>
::testing::AssertionResult refused(Call&& call, Status status, std::initializer_list<std::string_view> words = {}) {
  const Refusal refusal = refusal_of(std::forward<Call>(call));
  if (refusal.status != status) {
    return ::testing::AssertionFailure() << "'" << describe(refusal.status) << "' (" << refusal.message
                                         << ") instead of '" << describe(status) << "'";
  }
  for (const std::string_view word : words) {
    if (refusal.message.find(word) != std::string::npos) continue;
    return ::testing::AssertionFailure() << "\"" << refusal.message << "\" does not contain \"" << word << "\"";
  }
  return ::testing::AssertionSuccess();
}

// The same in a child process.
template <class Call>
void require_refused(Call&& call, Status status, std::initializer_list<std::string_view> words = {}) {
  const auto result = refused(std::forward<Call>(call), status, words);
  require(static_cast<bool>(result), result.message());
}

}  // namespace ringmain::testing
