// Descriptors of the kernel.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>

#include <cerrno>

#include "ringmain/error.hpp"

namespace ringmain::python {

// Another one for the same thing, which the caller closes. Throws ringmain::Error.
inline int duplicate(int descriptor) {
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) throw Error(Status::kSystem, "duplicate a descriptor", errno);
  return copy;
}

}  // namespace ringmain::python
