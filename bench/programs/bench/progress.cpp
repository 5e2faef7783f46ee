// SPDX-License-Identifier: MIT
#include "programs/bench/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace ringmain::bench {

Progress::Progress(std::size_t tasks) : terminal_(::isatty(STDERR_FILENO) == 1), tasks_(tasks) {}

void Progress::show(std::size_t task, double part, const std::string& what) {
  constexpr auto kLong = std::chrono::seconds(1);
  constexpr std::size_t kWidth = 30;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin_;
  if (!terminal_ || elapsed < kLong) return;
  const double done = std::clamp((static_cast<double>(task) + part) / static_cast<double>(tasks_), 1e-3, 1.0);
  const auto filled = static_cast<std::size_t>(done * kWidth);
  fmt::print(stderr, "\r\x1b[K[{:#<{}}{:.<{}}] {:.0f} %, {:.0f} s left: {}", "", filled, "", kWidth - filled,
             100 * done, elapsed.count() / done - elapsed.count(), what);
  std::fflush(stderr);
  shown_ = true;
}

void Progress::clear() {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  shown_ = false;
}

}  // namespace ringmain::bench
