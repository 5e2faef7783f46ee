// SPDX-License-Identifier: MIT
#include "without_gil.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace ringmain::python {

namespace {

std::atomic<bool> ending{false};
std::atomic<int> away{0};  // threads without the GIL
std::thread::id ender;     // written before `ending`

}  // namespace

WithoutGil::WithoutGil() noexcept : state_(PyEval_SaveThread()) { ++away; }

WithoutGil::~WithoutGil() {
  while (ending && ender != std::this_thread::get_id()) ::pause();
  PyEval_RestoreThread(state_);
  --away;
}

void keep_threads_away() {
  constexpr std::chrono::milliseconds kToComeBack{2};
  ender = std::this_thread::get_id();
  ending = true;
  if (away == 0) return;
  const WithoutGil released;  // for who waits for it already
  std::this_thread::sleep_for(kToComeBack);
}

}  // namespace ringmain::python
