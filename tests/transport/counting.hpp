// What the tests of io_uring share.
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ringmain/error.hpp"

namespace ringmain::testing {

using Bytes = std::vector<std::byte>;

inline Bytes counting(std::size_t bytes, std::size_t first = 0) {
  Bytes content(bytes);
  for (std::size_t i = 0; i < bytes; ++i) content[i] = static_cast<std::byte>((first + i) % 251);
  return content;
}

template <class Attempt>
Status refusal(Attempt attempt, std::string* message = nullptr) {
  try {
    attempt();
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.status();
  }
  return Status::kOk;
}

}  // namespace ringmain::testing
