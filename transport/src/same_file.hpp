// Files that others may rename or replace at any moment: known by what they are, not by their names.
// SPDX-License-Identifier: MIT
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <string>

#include "descriptor.hpp"

namespace ringmain::transport {

// The same file through a descriptor of its own, as a lease wants it.
inline Descriptor opened_anew(int file) {
  return Descriptor(::open(("/proc/self/fd/" + std::to_string(file)).c_str(), O_RDWR | O_CLOEXEC));
}

inline bool same_file(int one, int other) noexcept {
  struct stat a {};
  struct stat b {};
  return one >= 0 && ::fstat(one, &a) == 0 && ::fstat(other, &b) == 0 && a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

}  // namespace ringmain::transport
