// How much work a test does: less under a sanitizer, which makes everything many times slower; more as a part of a proof.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace ringmain::testing {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RINGMAIN_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RINGMAIN_SANITIZED 1
#endif

#ifdef RINGMAIN_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// `count` things in an ordinary build.
template <class Count>
constexpr Count scaled(Count count) {
  return kSanitized ? std::max<Count>(count / 20, 1) : count;
}

// `quick` things in an everyday run, `full` ones under `make proof`.
template <class Count>
Count proof_scaled(Count quick, Count full) {
  const char* proof = std::getenv("RINGMAIN_PROOF");
  return proof != nullptr && std::string_view(proof) == "full" ? full : quick;
}

}  // namespace ringmain::testing
