// A bar on stderr, if that is a terminal and the run takes long.
// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace ringmain::bench {

class Progress {
 public:
  explicit Progress(std::size_t tasks);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  // `part` of the task with this number is done.
  void show(std::size_t task, double part, const std::string& what);
  void clear();  // before something else is written

 private:
  bool terminal_;
  bool shown_ = false;
  std::size_t tasks_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace ringmain::bench
