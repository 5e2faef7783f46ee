// What takes long goes without the GIL.
// SPDX-License-Identifier: MIT
#pragma once

#include "python.hpp"

namespace ringmain::python {

// Gives the GIL away, and takes it back at its end. nanobind's does the same; but a daemon thread that comes back while the
// interpreter ends is ended by it in the midst of functions that don't throw, which aborts the process (up to Python
// 3.13). Here it stays away.
class WithoutGil {
 public:
  WithoutGil() noexcept;
  WithoutGil(const WithoutGil&) = delete;
  WithoutGil& operator=(const WithoutGil&) = delete;
  ~WithoutGil();

 private:
  PyThreadState* state_;
};

// To be called at exit, by the thread that ends the interpreter.
void keep_threads_away();

}  // namespace ringmain::python
