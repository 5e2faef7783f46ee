// How much work a test does: less under a sanitizer, which makes everything many times slower.
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

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

}  // namespace ringmain::testing
