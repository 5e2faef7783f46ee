// SPDX-License-Identifier: MIT
#include "without_gil.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace ringmain::python {

namespace {

std::atomic<bool> ending{false};
std::atomic<int> coming_back{0};  // threads that wait for the GIL, or are about to
std::thread::id ender;            // written before `ending`

}  // namespace

WithoutGil::WithoutGil() noexcept : state_(PyEval_SaveThread()) {}

WithoutGil::~WithoutGil() {
  // Either this sees `ending`, or who has set it sees this.
  ++coming_back;
  if (ending && ender != std::this_thread::get_id()) {
    --coming_back;
    for (;;) ::pause();
  }
  PyEval_RestoreThread(state_);
  --coming_back;
}

void keep_threads_away() {
  constexpr std::chrono::milliseconds kLook{1};
  constexpr int kLooks = 1000;
  ender = std::this_thread::get_id();
  ending = true;
  const WithoutGil released;  // for who waits for it already
  for (int looks = 0; coming_back != 0 && looks < kLooks; ++looks) std::this_thread::sleep_for(kLook);
}

}  // namespace ringmain::python
