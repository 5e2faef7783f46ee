// The entries of a directory, one after the other.
// SPDX-License-Identifier: MIT
#pragma once

#include <dirent.h>

#include <memory>

namespace ringmain {

class Listing {
 public:
  // Of `path` as seen from `directory`, which may be AT_FDCWD. If it is false, errno tells why.
  Listing(int directory, const char* path) noexcept;
  explicit operator bool() const noexcept { return entries_ != nullptr; }
  int descriptor() const noexcept { return ::dirfd(entries_.get()); }

  // The next name that isn't "." or "..". Null: there is none if errno is 0, else it tells why nobody knows.
  const char* next() noexcept;

 private:
  std::unique_ptr<DIR, int (*)(DIR*)> entries_;
};

}  // namespace ringmain
